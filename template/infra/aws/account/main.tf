# Once for each AWS account: where Terraform's state lives, and where images live. All environments of the account share it.

data "aws_caller_identity" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
}

module "key" {
  source = "../modules/key"

  name        = "${var.project}-account"
  description = "Terraform state and images of ${var.project}"
}

module "state" {
  source = "../modules/bucket"

  name              = "${var.project}-state-${local.account_id}"
  key_arn           = module.key.arn
  old_versions_days = 365
}

resource "aws_ecr_repository" "this" {
  for_each = var.images

  name                 = "${var.project}-${each.key}"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  # A key cannot be changed later without making the repository anew, so it is the project's own from the start.
  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = module.key.arn
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Images without a tag go after a week"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "The newest ${var.kept_images} stay"
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.kept_images }
        action       = { type = "expire" }
      },
    ]
  })
}
