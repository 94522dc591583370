# Mails before the money is gone: on what was spent, and on what the month will come to.

variable "budget" {
  description = "Monthly budget of the account in US dollars, and who is told; with no address nothing is watched."
  type = object({
    dollars = optional(number, 600)
    emails  = optional(set(string), [])
  })
  default = {}
}

locals {
  budget_alarms = {
    half     = { type = "ACTUAL", percent = 50 }
    most     = { type = "ACTUAL", percent = 80 }
    all      = { type = "ACTUAL", percent = 100 }
    forecast = { type = "FORECASTED", percent = 100 }
  }
}

resource "aws_budgets_budget" "this" {
  count = length(var.budget.emails) == 0 ? 0 : 1

  name         = var.project
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.budget.dollars)
  limit_unit   = "USD"

  dynamic "notification" {
    for_each = local.budget_alarms

    content {
      notification_type          = notification.value.type
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value.percent
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.budget.emails
    }
  }
}
