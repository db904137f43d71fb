variable "project" {
  description = "Id of the Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region of registry, bucket, builds and cluster."
  type        = string
  default     = "southamerica-west1"
}

variable "bucket" {
  description = "Name of the bucket for bundles, SBOMs and provenance, unique in the world."
  type        = string
}

variable "repository" {
  description = "Name of the Artifact Registry repository."
  type        = string
  default     = "flight-delay"
}

variable "namespace" {
  description = "Namespace of the release in the cluster."
  type        = string
  default     = "flight-delay"
}

variable "cluster" {
  description = "Name of the GKE cluster, in the same region."
  type        = string
  default     = "flight-delay"
}

variable "source_repository" {
  description = "The connected source: projects/PROJECT/locations/REGION/connections/NAME/repositories/NAME."
  type        = string
}
