# What an environment says to `make teardown`, and what goes with it.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  project   = "credit-risk"
  region    = "eu-central-1"
  zones     = ["eu-central-1a", "eu-central-1b"]
  image_tag = "abc1234"
}

run "production_is_protected_and_keeps_its_data" {
  command = plan

  assert {
    condition     = output.teardown == "protected"
    error_message = "Load balancer and database refuse to be destroyed."
  }

  assert {
    condition     = !module.artifacts.force_destroy && !module.logs.force_destroy
    error_message = "A bucket of production never goes with what is in it."
  }

  assert {
    condition     = !aws_db_instance.tracking.skip_final_snapshot && aws_secretsmanager_secret.pseudonyms.recovery_window_in_days == 30
    error_message = "The database leaves a snapshot, and the secret can be taken back."
  }
}

run "production_without_protection_still_keeps_its_data" {
  command = plan

  variables {
    protect = false
  }

  assert {
    condition     = output.teardown == "keeps data" && !module.artifacts.force_destroy && !module.logs.force_destroy
    error_message = "`protect` opens the way for a person, and not to the data."
  }
}

run "refuses_to_drop_the_data_of_production" {
  command = plan

  variables {
    environment = "production"
    protect     = false
    keep_data   = false
  }

  expect_failures = [var.keep_data]
}

run "elsewhere_all_of_it_can_go" {
  command = plan

  variables {
    environment = "staging"
    protect     = false
    keep_data   = false
  }

  assert {
    condition     = output.teardown == "free" && module.artifacts.force_destroy && module.logs.force_destroy
    error_message = "Buckets go with what is in them."
  }

  assert {
    condition     = aws_db_instance.tracking.skip_final_snapshot && aws_secretsmanager_secret.pseudonyms.recovery_window_in_days == 0
    error_message = "No snapshot is left, and the secret's name is free at once for the next environment of this name."
  }

  assert {
    condition     = module.key.wait_days == 7 && module.alerts_key.wait_days == 7
    error_message = "A key waits as short as AWS lets it."
  }
}

run "a_protected_environment_says_so_even_if_its_data_may_go" {
  command = plan

  variables {
    environment = "dev"
    keep_data   = false
  }

  assert {
    condition     = output.teardown == "protected"
    error_message = "`protect` is on by default and counts first."
  }
}
