# What cloudbuild.yaml needs in a project: registry, bucket, two accounts with what they must and no more, two triggers.
# The cluster is docs/gke.md's; what the build may do in it is deploy/rbac.yaml's.

locals {
  services = toset([
    "artifactregistry", "cloudbuild", "container", "containeranalysis", "iap", "logging", "storage",
  ])
  substitutions = merge({
    _REGION          = var.region
    _REPOSITORY      = google_artifact_registry_repository.images.repository_id
    _BUCKET          = google_storage_bucket.bundles.name
    _CLUSTER         = var.cluster
    _NAMESPACE       = var.namespace
    _HOSTNAME        = var.hostname
    _SERVING_ACCOUNT = google_service_account.serving.email
    _BUILD_ACCOUNT   = google_service_account.build.email
  }, var.substitutions)

  # a tag judges a bundle that was refused once again
  triggers = {
    main   = { branch = "^main$", tag = null, again = "" }
    bundle = { branch = null, tag = "^bundle-.*$", again = "1" }
  }
}

resource "google_project_service" "needed" {
  for_each           = local.services
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

# Images and charts. A tag names one image for ever.
resource "google_artifact_registry_repository" "images" {
  # checkov:skip=CKV_GCP_84:Google's own keys encrypt what is public source anyway
  repository_id = "flight-delay"
  location      = var.region
  format        = "DOCKER"
  docker_config {
    immutable_tags = true
  }
  depends_on = [google_project_service.needed]
}

# Bundles, SBOMs, provenance. Nothing is public; what is replaced or deleted stays for a while.
resource "google_storage_bucket" "bundles" {
  # checkov:skip=CKV_GCP_62:Cloud Audit Logs are the project's to switch on
  name                        = "${var.project}-flight-delay"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  versioning {
    enabled = true
  }
  depends_on = [google_project_service.needed]
}

# Pods are this account, through Workload Identity, and may read bundles.
resource "google_service_account" "serving" {
  account_id   = "flight-delay"
  display_name = "Flight delay: pods"
}

resource "google_service_account_iam_member" "pods_are_serving" {
  service_account_id = google_service_account.serving.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project}.svc.id.goog[${var.namespace}/flight-delay]"
}

resource "google_storage_bucket_iam_member" "serving_reads_bundles" {
  bucket = google_storage_bucket.bundles.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.serving.member
}

# Builds are this account.
resource "google_service_account" "build" {
  account_id   = "flight-delay-build"
  display_name = "Flight delay: builds"
}

resource "google_artifact_registry_repository_iam_member" "build_pushes" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

# It creates objects and reads them; it cannot replace or delete one.
resource "google_storage_bucket_iam_member" "build_uploads" {
  for_each = toset(["roles/storage.objectCreator", "roles/storage.objectViewer"])
  bucket   = google_storage_bucket.bundles.name
  role     = each.key
  member   = google_service_account.build.member
}

# It writes its log, finds the cluster, and passes Identity-Aware Proxy when a rollout asks the service.
# In the cluster it has what deploy/rbac.yaml gives it.
resource "google_project_iam_member" "build" {
  for_each = toset(["roles/logging.logWriter", "roles/container.clusterViewer", "roles/iap.httpsResourceAccessor"])
  project  = var.project
  role     = each.key
  member   = google_service_account.build.member
}

resource "google_cloudbuild_trigger" "on" {
  for_each        = local.triggers
  name            = "flight-delay-${each.key}"
  location        = var.region
  filename        = "cloudbuild.yaml"
  service_account = google_service_account.build.id
  substitutions   = merge(local.substitutions, { _AGAIN = each.value.again })

  repository_event_config {
    repository = var.source_repository
    push {
      branch = each.value.branch
      tag    = each.value.tag
    }
  }
}
