output "registry" {
  description = "Where images and charts go: REGISTRY of scripts/release/."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

output "bucket" {
  description = "Where bundles go: BUCKET of scripts/release/."
  value       = google_storage_bucket.bundles.name
}

output "build_account" {
  description = "Account of the builds, which deploy/rbac.yaml names."
  value       = google_service_account.build.email
}
