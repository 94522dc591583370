# Plans without an account: `terraform test`.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  project = "credit-risk"
  region  = "eu-central-1"
}

run "images_cannot_be_replaced" {
  command = plan

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE"])
    error_message = "A tag names one image for good."
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_scanning_configuration[0].scan_on_push])
    error_message = "Each image is scanned when it is pushed."
  }

  assert {
    condition     = aws_ecr_repository.this["serve"].name == "credit-risk-serve"
    error_message = "Repositories are named as `make image` names images."
  }
}

run "refuses_a_name_that_is_too_long" {
  command = plan

  variables {
    project = "a-project-with-a-name-of-more-than-28"
  }

  expect_failures = [var.project]
}
