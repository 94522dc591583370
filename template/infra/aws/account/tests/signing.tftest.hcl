# The key that signs images: made where it is asked for, as it costs a dollar a month.

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

run "no_key_by_default" {
  command = plan

  assert {
    condition     = length(aws_kms_key.signing) == 0 && length(aws_kms_alias.signing) == 0 && output.signing_key == null
    error_message = "Nothing that costs money is made before it is asked for."
  }
}

run "the_key_signs_and_is_found_by_its_alias" {
  command = plan

  variables {
    signing_key = true
  }

  assert {
    condition     = aws_kms_key.signing[0].key_usage == "SIGN_VERIFY" && aws_kms_key.signing[0].customer_master_key_spec == "ECC_NIST_P256"
    error_message = "cosign verifies signatures of this kind with the public key alone."
  }

  assert {
    condition     = aws_kms_alias.signing[0].name == "alias/credit-risk-signing" && output.signing_key == "awskms:///alias/credit-risk-signing"
    error_message = "The output is the value of SIGNING_KEY."
  }

  assert {
    condition     = aws_kms_key.signing[0].deletion_window_in_days == 30
    error_message = "A key that was deleted by mistake can be taken back for as long as AWS lets it."
  }
}
