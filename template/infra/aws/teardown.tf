# What `make teardown` must know before it begins, read from the state: an answer of what is there, not of what is planned.

output "teardown" {
  description = "How the environment meets `make teardown`: `protected`, `keeps data`, or `free` to go with its data."
  value = (
    aws_lb.this.enable_deletion_protection || aws_db_instance.tracking.deletion_protection ? "protected" :
    module.artifacts.force_destroy && module.logs.force_destroy ? "free" : "keeps data"
  )
}
