variable "name" {
  description = "Alias of the key, without `alias/`."
  type        = string
}

variable "description" {
  description = "What the key protects."
  type        = string
}

variable "policies" {
  description = "Policy documents (JSON) that let AWS services use the key."
  type        = list(string)
  default     = []
}
