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

variable "wait_days" {
  description = "Days between the deletion of the key and its end, 7 to 30: until then it can be taken back, and what it encrypts can be read again."
  type        = number
  default     = 30
}
