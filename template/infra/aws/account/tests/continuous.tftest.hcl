# What the level `continuous` adds to the account: audit log, budget, identity of the CI system, quotas.

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

run "the_audit_log_is_whole_and_sealed" {
  command = plan

  assert {
    condition     = aws_cloudtrail.this.is_multi_region_trail && aws_cloudtrail.this.enable_log_file_validation
    error_message = "All regions are recorded, and a changed record is found out."
  }
}

run "asks_nothing_of_aws_by_default" {
  command = plan

  assert {
    condition = (
      length(aws_budgets_budget.this) + length(aws_iam_openid_connect_provider.ci) + length(aws_servicequotas_service_quota.fargate) == 0
    )
    error_message = "Budget, identity provider and quota are made once you give their values."
  }
}

run "the_budget_warns_early_and_ahead" {
  command = plan

  variables {
    budget = { dollars = 300, emails = ["owner@example.com"] }
  }

  assert {
    condition     = toset([for alarm in aws_budgets_budget.this[0].notification : alarm.threshold]) == toset([50, 80, 100])
    error_message = "Mails go out at half, at four fifths and at the whole of the budget."
  }

  assert {
    condition     = contains([for alarm in aws_budgets_budget.this[0].notification : alarm.notification_type], "FORECASTED")
    error_message = "One mail goes out before the money is spent."
  }
}

run "refuses_an_issuer_that_is_no_address" {
  command = plan

  variables {
    ci_oidc_issuer = "token.actions.githubusercontent.com/"
  }

  expect_failures = [var.ci_oidc_issuer]
}
