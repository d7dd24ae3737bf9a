// Speaks to security keys and passkeys. A form marked as an island names the
// options in data-options: JSON, or an address that gives them. The form works
// on the server; this only fills in its answer.

const decode = (text) => {
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0)).buffer;
};

const encode = (buffer) => {
  const bytes = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const named = (list) => (list ?? []).map((one) => ({ ...one, id: decode(one.id) }));

const creation = (options) => ({
  ...options,
  challenge: decode(options.challenge),
  user: { ...options.user, id: decode(options.user.id) },
  excludeCredentials: named(options.excludeCredentials),
});

const request = (options) => ({
  ...options,
  challenge: decode(options.challenge),
  allowCredentials: named(options.allowCredentials),
});

const written = (credential) => {
  const answer = credential.response;
  const response = { clientDataJSON: encode(answer.clientDataJSON) };
  if (answer.attestationObject) response.attestationObject = encode(answer.attestationObject);
  if (answer.authenticatorData) response.authenticatorData = encode(answer.authenticatorData);
  if (answer.signature) response.signature = encode(answer.signature);
  if (answer.userHandle) response.userHandle = encode(answer.userHandle);
  return JSON.stringify({
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  });
};

const optionsOf = async (form) => {
  const given = form.dataset.options;
  if (!given.startsWith("/")) return JSON.parse(given);
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const answer = await fetch(given, { method: "POST", headers, body: "{}" });
  if (!answer.ok) throw new Error(String(answer.status));
  const { challenge, options } = await answer.json();
  form.elements.challenge.value = challenge;
  return options;
};

const ask = async (form) => {
  const options = await optionsOf(form);
  if (form.dataset.island === "passkey-create") {
    return navigator.credentials.create({ publicKey: creation(options) });
  }
  return navigator.credentials.get({ publicKey: request(options) });
};

const begin = async (event) => {
  const form = event.currentTarget;
  if (form.elements.answer.value !== "") return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const credential = await ask(form);
    form.elements.answer.value = written(credential);
    form.submit();
  } catch {
    // The person said no, or the key did; the page stays as it is.
    button.disabled = false;
    button.focus();
  }
};

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-island^='passkey-']")) {
    form.hidden = false;
    form.addEventListener("submit", begin);
  }
}
