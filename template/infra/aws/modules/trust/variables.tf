variable "issuer" {
  description = "Issuer of the CI system's tokens; null where it has none."
  type        = string
  default     = null
}

variable "audience" {
  description = "Audience (`aud`) of the tokens."
  type        = string
}

variable "subjects" {
  description = "Subjects (`sub`) of the tokens that may take the role."
  type        = set(string)
}

variable "principals" {
  description = "ARNs of the users and roles of IAM that may take the role."
  type        = set(string)

  validation {
    condition     = alltrue([for arn in var.principals : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/[\\w+=,.@/-]+$", arn))])
    error_message = "A principal is the full ARN of one user or role of IAM, such as arn:aws:iam::123456789012:user/ci: no wildcard, and never root. You named ${join(", ", var.principals)}."
  }
}
