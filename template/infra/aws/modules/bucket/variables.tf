variable "name" {
  description = "Name of the bucket: unique in all of AWS."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits and hyphens: shorten `project`."
  }
}

variable "key_arn" {
  description = "KMS key that encrypts the objects; null leaves encryption to S3's own key."
  type        = string
  default     = null
}

variable "policies" {
  description = "Policy documents (JSON), beside the one that refuses plain HTTP."
  type        = list(string)
  default     = []
}

variable "access_log" {
  description = "Bucket that receives the access log; null for none."
  type        = object({ bucket = string })
  default     = null
}

variable "old_versions_days" {
  description = "Days after which a replaced or deleted object is gone for good."
  type        = number
  default     = 90
}

variable "expire_days" {
  description = "Days after which objects are deleted, by prefix (`\"\"` means all)."
  type        = map(number)
  default     = {}
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete a bucket that still holds objects."
  type        = bool
  default     = false
}
