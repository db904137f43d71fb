variable "project" {
  description = "Id of the Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region of registry, bucket, triggers and cluster."
  type        = string
  default     = "southamerica-west1"
}

variable "source_repository" {
  description = "Cloud Build's name of the connected Git repository: projects/PROJECT/locations/REGION/connections/NAME/repositories/NAME. Connecting it asks a person for consent, so it is made by hand."
  type        = string
}

variable "cluster" {
  description = "Name of the GKE cluster, which docs/gke.md makes."
  type        = string
  default     = "flight-delay"
}

variable "namespace" {
  description = "Namespace of the release in the cluster; its ServiceAccount flight-delay reads the bucket."
  type        = string
  default     = "flight-delay"
}

variable "hostname" {
  description = "Name under which the service is asked."
  type        = string
}

variable "substitutions" {
  description = "Further substitutions of cloudbuild.yaml, such as _DATA, _MIN_REPLICAS or _MEMORY."
  type        = map(string)
  default     = {}
}
