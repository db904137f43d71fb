# main is built, deployed and checked; a tag bundle-* also trains, judges and rolls out.
locals {
  triggers = {
    main   = { branch = "^main$", tag = null, bundle = "no" }
    bundle = { branch = null, tag = "^bundle-.*$", bundle = "yes" }
  }
}

resource "google_cloudbuild_trigger" "release" {
  for_each        = local.triggers
  name            = "flight-delay-${each.key}"
  location        = var.region
  filename        = "cloudbuild.yaml"
  service_account = google_service_account.build.id

  repository_event_config {
    repository = var.source_repository
    push {
      branch = each.value.branch
      tag    = each.value.tag
    }
  }

  substitutions = {
    _REGION     = var.region
    _REPOSITORY = var.repository
    _BUCKET     = var.bucket
    _NAMESPACE  = var.namespace
    _CLUSTER    = var.cluster
    _BUNDLE     = each.value.bundle
  }
}
