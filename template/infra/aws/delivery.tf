# The role of the CI system: it signs in by OIDC, so that no key is kept anywhere, or as a user or role of IAM where it gives
# no tokens. It pushes and signs images, rolls them out with Terraform, starts jobs and reads and writes artifacts. It cannot
# change networks, roles, keys or databases: a plan that does is applied by a person.

variable "ci_oidc_issuer" {
  description = "Issuer of the CI system's tokens, such as https://token.actions.githubusercontent.com; null where it has none."
  type        = string
  default     = null
}

variable "ci_oidc_audience" {
  description = "Audience (`aud`) of the tokens."
  type        = string
  default     = "sts.amazonaws.com"
}

variable "ci_subjects" {
  description = "Subjects (`sub`) that may take the role of this environment, such as repo:acme/credit-risk:environment:production."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for subject in var.ci_subjects : can(regex("^[^*?]{8,}", subject))])
    error_message = "`ci_subjects` names repositories: a subject that starts with a wildcard lets strangers in."
  }

  validation {
    condition     = length(var.ci_subjects) == 0 || var.ci_oidc_issuer != null
    error_message = "`ci_subjects` needs `ci_oidc_issuer`: say whose tokens these are."
  }

  validation {
    condition     = var.ci_oidc_issuer == null || length(var.ci_subjects) + length(var.ci_principals) > 0
    error_message = "`ci_oidc_issuer` needs `ci_subjects`: name the repository that may deploy, or a user in `ci_principals`."
  }
}

variable "ci_principals" {
  description = "ARNs of users and roles of IAM that may take the role of this environment: for a CI system that gives its jobs no tokens."
  type        = set(string)
  default     = []
}

locals {
  ci_roles    = length(var.ci_subjects) + length(var.ci_principals) == 0 ? toset([]) : toset(["delivery"])
  ecs_prefix  = "arn:${local.partition}:ecs:${var.region}:${local.account_id}"
  task_roles  = concat([module.service.role_arn, module.tracking.role_arn, module.trigger.role_arn, module.deliver.role_arn], [for job in module.job : job.role_arn])
  start_roles = concat([module.trigger.start_role_arn], [for job in module.job : job.start_role_arn])
}

module "delivery_trust" {
  source   = "./modules/trust"
  for_each = local.ci_roles

  issuer     = var.ci_oidc_issuer
  audience   = var.ci_oidc_audience
  subjects   = var.ci_subjects
  principals = var.ci_principals
}

resource "aws_iam_role" "delivery" {
  for_each = local.ci_roles

  name                 = "${local.name}-delivery"
  description          = "CI delivers to ${local.name}"
  assume_role_policy   = module.delivery_trust[each.key].json
  max_session_duration = 3600
}

data "aws_iam_policy_document" "delivery" {
  # checkov:skip=CKV_AWS_356:Logging in to the registry, registering task definitions and reading Cloud Map's tags know no resources
  # checkov:skip=CKV_AWS_111:Logging in to the registry and registering task definitions know no resources
  statement {
    sid       = "LogInAndRegister"
    actions   = ["ecr:GetAuthorizationToken", "ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition"]
    resources = ["*"]
  }

  statement {
    sid = "PushAndPullImages"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = ["arn:${local.partition}:ecr:${var.region}:${local.account_id}:repository/${var.project}-*"]
  }

  statement {
    sid     = "RollOut"
    actions = ["ecs:RegisterTaskDefinition", "ecs:RunTask", "ecs:StopTask", "ecs:TagResource", "ecs:UpdateService"]
    resources = [
      "${local.ecs_prefix}:service/${local.name}/*",
      "${local.ecs_prefix}:task/${local.name}/*",
      "${local.ecs_prefix}:task-definition/${local.name}-*",
    ]
  }

  statement {
    sid       = "PointSchedulesToTheNewImage"
    actions   = ["scheduler:UpdateSchedule"]
    resources = ["arn:${local.partition}:scheduler:${var.region}:${local.account_id}:schedule/${local.name}/*"]
  }

  statement {
    sid       = "GiveTasksTheirRoles"
    actions   = ["iam:PassRole"]
    resources = concat([aws_iam_role.execution.arn], local.task_roles)
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }

  statement {
    sid       = "GiveSchedulesTheirRoles"
    actions   = ["iam:PassRole"]
    resources = local.start_roles
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["scheduler.amazonaws.com"]
    }
  }

  statement {
    sid       = "ReadAndWriteArtifacts"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${module.artifacts.arn}/*"]
  }

  statement {
    sid       = "EndTrialsAndRetrain"
    actions   = ["s3:DeleteObject"]
    resources = [for key in concat(local.trial_keys, local.job_access.retrain.delete) : "${module.artifacts.arn}/${key}"]
  }

  statement {
    sid       = "ReadAndWriteStateOfThisEnvironment"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["arn:${local.partition}:s3:::${var.project}-state-${local.account_id}/${var.environment}/*"]
  }

  statement {
    sid       = "ReleaseTheLock"
    actions   = ["s3:DeleteObject"]
    resources = ["arn:${local.partition}:s3:::${var.project}-state-${local.account_id}/${var.environment}/*.tflock"]
  }

  statement {
    sid       = "ListBoth"
    actions   = ["s3:ListBucket"]
    resources = [module.artifacts.arn, "arn:${local.partition}:s3:::${var.project}-state-${local.account_id}"]
  }

  # What the policies attached below leave out, and a plan looks at.
  statement {
    sid = "ReadSettings"
    actions = [
      "apigateway:GET",
      "application-autoscaling:ListTagsForResource",
      "scheduler:GetSchedule",
      "scheduler:GetScheduleGroup",
      "scheduler:ListTagsForResource",
      "servicediscovery:GetNamespace",
      "servicediscovery:GetService",
    ]
    resources = [
      "arn:${local.partition}:apigateway:${var.region}::/apis/${aws_apigatewayv2_api.this.id}",
      "arn:${local.partition}:apigateway:${var.region}::/vpclinks/${aws_apigatewayv2_vpc_link.this.id}",
      aws_appautoscaling_target.service.arn,
      "arn:${local.partition}:scheduler:${var.region}:${local.account_id}:schedule/${local.name}/*",
      aws_scheduler_schedule_group.this.arn,
      aws_service_discovery_private_dns_namespace.this.arn,
      aws_service_discovery_service.tracking.arn,
    ]
  }

  statement {
    sid       = "ReadTagsOfCloudMap"
    actions   = ["servicediscovery:ListTagsForResource"]
    resources = ["*"]
  }

  # Images, artifacts and state: by these two keys, and only through the services that keep them.
  statement {
    sid       = "UseKeys"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["arn:${local.partition}:kms:${var.region}:${local.account_id}:key/*"]
    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${local.name}", "alias/${var.project}-account"]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.region}.amazonaws.com", "ecr.${var.region}.amazonaws.com"]
    }
  }

  # Where the account has such a key: account/signing.tf.
  statement {
    sid       = "SignImages"
    actions   = ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]
    resources = ["arn:${local.partition}:kms:${var.region}:${local.account_id}:key/*"]
    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.project}-signing"]
    }
  }
}

resource "aws_iam_role_policy" "delivery" {
  for_each = local.ci_roles

  name   = "delivery"
  role   = aws_iam_role.delivery[each.key].id
  policy = data.aws_iam_policy_document.delivery.json
}

# A plan looks at every setting; these two let it, with `ReadSettings` above, and neither reads data.
resource "aws_iam_role_policy_attachment" "delivery" {
  for_each = { for pair in setproduct(local.ci_roles, ["SecurityAudit", "job-function/ViewOnlyAccess"]) : pair[1] => pair[0] }

  role       = aws_iam_role.delivery[each.value].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/${each.key}"
}

output "delivery_role_arn" {
  description = "Role for the CI system to assume; null while nobody is named."
  value       = one([for role in aws_iam_role.delivery : role.arn])
}
