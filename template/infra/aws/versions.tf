terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }

  # The rest comes from backend.hcl and the environment's key: see README.md.
  backend "s3" {}
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { project = var.project, environment = var.environment, managed-by = "terraform" }
  }
}
