{# Trades the token of the service connection CONNECTION for keys of the role ROLE: both logins include it. -#}
set -euo pipefail
umask 077
python=$(command -v python3 || command -v python)
token="$AGENT_TEMPDIRECTORY/aws-token" keys="$AGENT_TEMPDIRECTORY/aws-credentials"
printf 'header = "Authorization: Bearer %s"\n' "$SYSTEM_ACCESSTOKEN" \
  | curl --config - --fail --silent --show-error --request POST --data '' --header 'Content-Type: application/json' \
    "$SYSTEM_OIDCREQUESTURI?api-version=7.1&serviceConnectionId=$CONNECTION" \
  | "$python" -c 'import json, sys; print(json.load(sys.stdin)["oidcToken"], end="")' > "$token"
curl --fail --silent --show-error --header 'Accept: application/json' "${AWS_ENDPOINT_URL_STS:-https://sts.$AWS_REGION.amazonaws.com}/" \
  --data-urlencode Action=AssumeRoleWithWebIdentity --data-urlencode Version=2011-06-15 \
  --data-urlencode "RoleArn=$ROLE" --data-urlencode "RoleSessionName=azure-devops-$BUILD_BUILDID" \
  --data-urlencode "WebIdentityToken@$token" \
  | "$python" -c '
import json, sys
keys = json.load(sys.stdin)["AssumeRoleWithWebIdentityResponse"]["AssumeRoleWithWebIdentityResult"]["Credentials"]
print("[default]")
print("aws_access_key_id =", keys["AccessKeyId"])
print("aws_secret_access_key =", keys["SecretAccessKey"])
print("aws_session_token =", keys["SessionToken"])' > "$keys"
rm "$token"
echo "##vso[task.setvariable variable=AWS_SHARED_CREDENTIALS_FILE]$keys"
