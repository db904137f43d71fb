# What a project needs for cloudbuild.yaml: a registry, a bucket, and accounts that may do what they have to and no more.
# The cluster is not here: docs/gke.md makes it.
terraform {
  required_version = ">= 1.5"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.0"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region
}

resource "google_artifact_registry_repository" "images" {
  repository_id = var.repository
  location      = var.region
  format        = "DOCKER"

  docker_config {
    immutable_tags = true # a version is never pushed twice
  }
}

resource "google_storage_bucket" "bundles" {
  name                        = var.bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }
}
