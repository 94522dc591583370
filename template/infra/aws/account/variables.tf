variable "project" {
  description = "Name of the project: prefix of everything that is made."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}[a-z0-9]$", var.project))
    error_message = "`project` has 3 to 28 lower-case letters, digits and hyphens, and starts with a letter."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "images" {
  description = "Images of the project: a repository `<project>-<image>` is made for each."
  type        = set(string)
  default     = ["train", "serve", "tracking"]
}

variable "kept_images" {
  description = "How many images of each repository are kept; older ones are deleted."
  type        = number
  default     = 50
}
