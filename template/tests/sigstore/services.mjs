// Sigstore's services on loopback, from its own doubles in @sigstore/mock, and the service that hands out identity tokens
// to a job of CI. Writes the trust configuration to the file that is its first argument; ends with its standard input.
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";

const mock = createRequire(`${process.env.SIGSTORE_MOCK}/`)("@sigstore/mock");
const [trust, host] = [process.argv[2], "127.0.0.1"];
const keys = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

const ctlog = await mock.initializeCTLog(keys());
const ca = await mock.initializeCA(keys(), ctlog);
const fulcio = mock.fulcioHandler(ca);
const routes = new Map();

// Sigstore's Python client sends the token as a header and the request encoded; the double wants both in the body.
routes.set(fulcio.path, (body, headers) => {
  const asked = JSON.parse(body);
  asked.certificateSigningRequest = Buffer.from(asked.certificateSigningRequest, "base64").toString();
  asked.credentials = { oidcIdentityToken: headers.authorization.replace("Bearer ", "") };
  return fulcio.fn(JSON.stringify(asked));
});

// What CI gives to a job: a token of the identity that the test put into its own request token.
routes.set("/token", (body, headers, url) => {
  const [iss, sub] = Buffer.from(headers.authorization.replace("bearer ", ""), "base64").toString().split(" ");
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss, sub, aud: url.searchParams.get("audience"), iat: now, nbf: now - 5, exp: now + 300 };
  const text = [{ alg: "ES256", typ: "JWT" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signature = sign("sha256", Buffer.from(text.join(".")), keys().privateKey).toString("base64url");
  return { statusCode: 200, contentType: "application/json", response: JSON.stringify({ value: [...text, signature].join(".") }) };
});

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    const url = new URL(request.url, `http://${host}`);
    const answer = routes.get(url.pathname) ?? (() => ({ statusCode: 404, response: "" }));
    const body = Buffer.concat(parts);
    const { statusCode, response: text, contentType } = await answer(body.toString(), request.headers, url);
    response.writeHead(statusCode, { "Content-Type": contentType ?? "text/plain" }).end(text);
  });
});
await new Promise((ready) => server.listen(0, host, ready));

const address = `http://${host}:${server.address().port}`;
const tlog = await mock.initializeTLog(address, keys());
const rekor = mock.rekorHandler(tlog);
routes.set(rekor.path, rekor.fn);

const validFor = { start: "2020-01-01T00:00:00Z" };
const log = (key, id) => ({
  baseUrl: address,
  hashAlgorithm: "SHA2_256",
  publicKey: { rawBytes: base64(key), keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor },
  logId: { keyId: base64(id) },
});
const authority = (certificate) => ({
  subject: { commonName: "sigstore", organization: "sigstore.mock" },
  uri: address,
  certChain: { certificates: [{ rawBytes: base64(certificate) }] },
  validFor,
});
const service = (url) => ({ url, majorApiVersion: 1, validFor, operator: "sigstore.mock" });
writeFileSync(trust, JSON.stringify({
  mediaType: "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
  trustedRoot: {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [log(tlog.publicKey, createHash("sha256").update(tlog.publicKey).digest())],
    certificateAuthorities: [authority(ca.rootCertificate)],
    ctlogs: [log(ctlog.publicKey, ctlog.logID)],
    timestampAuthorities: [],
  },
  signingConfig: {
    mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
    caUrls: [service(address)],
    oidcUrls: [service(address)],
    rekorTlogUrls: [service(address)],
    tsaUrls: [], // the log's own time is enough
    rekorTlogConfig: { selector: "ANY" },
    tsaConfig: { selector: "ANY" },
  },
}, null, 1) + "\n");
console.log(address);
process.stdin.resume().on("end", () => process.exit());
