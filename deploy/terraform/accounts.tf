# Two accounts. The build pushes, uploads and talks to the cluster; the pods read bundles.
resource "google_service_account" "build" {
  account_id   = "flight-delay-build"
  display_name = "Builds and releases Flight Delay"
}

resource "google_service_account" "pods" {
  account_id   = "flight-delay"
  display_name = "Reads the bundles that Flight Delay serves"
}

resource "google_artifact_registry_repository_iam_member" "build_pushes" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

# Creates and reads, and cannot overwrite: that takes storage.objects.delete.
resource "google_storage_bucket_iam_member" "build_uploads" {
  for_each = toset(["roles/storage.objectCreator", "roles/storage.objectViewer"])
  bucket   = google_storage_bucket.bundles.name
  role     = each.value
  member   = google_service_account.build.member
}

# Project-wide, for there is nothing narrower: logs, and what is known of an image. The cluster: roles/container.developer.
resource "google_project_iam_member" "build" {
  for_each = toset([
    "roles/logging.logWriter",
    "roles/containeranalysis.notes.editor",
    "roles/containeranalysis.occurrences.editor",
    "roles/container.developer",
  ])
  project = var.project
  role    = each.value
  member  = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "pods_read" {
  bucket = google_storage_bucket.bundles.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.pods.member
}

# Workload Identity: the chart's ServiceAccount acts as this account.
resource "google_service_account_iam_member" "pods" {
  service_account_id = google_service_account.pods.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project}.svc.id.goog[${var.namespace}/flight-delay]"
}
