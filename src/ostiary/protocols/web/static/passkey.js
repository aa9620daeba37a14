// What a page does with the browser's passkeys (WebAuthn Level 3). Every form works the same way: the options stand in
// it, the browser's answer is put into a hidden field, and the form is sent like any other. Sentences stand in the page.
"use strict";

(() => {
  const GOOD_FOR = 4 * 60 * 1000; // the server's challenges live for five minutes
  const loadedAt = Date.now();
  const api = window.PublicKeyCredential;
  const forms = [...document.querySelectorAll("form[data-passkey]")];
  let waiting = null; // the autofill request that is open, if any

  const toBytes = (text) => {
    const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(raw, (character) => character.charCodeAt(0));
  };
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");

  const descriptors = (given) => (given || []).map((one) => ({ ...one, id: toBytes(one.id) }));

  const creationOptions = (json) =>
    api.parseCreationOptionsFromJSON
      ? api.parseCreationOptionsFromJSON(json)
      : {
          ...json,
          challenge: toBytes(json.challenge),
          user: { ...json.user, id: toBytes(json.user.id) },
          excludeCredentials: descriptors(json.excludeCredentials),
        };

  const requestOptions = (json) =>
    api.parseRequestOptionsFromJSON
      ? api.parseRequestOptionsFromJSON(json)
      : { ...json, challenge: toBytes(json.challenge), allowCredentials: descriptors(json.allowCredentials) };

  // Only what the server reads; some password managers have no toJSON of their own.
  const answerOf = (credential) => {
    const { response } = credential;
    const sent = { clientDataJSON: toText(response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) sent[name] = toText(response[name]);
    }
    if (response.getTransports) sent.transports = response.getTransports();
    const id = toText(credential.rawId);
    return JSON.stringify({ id, rawId: id, type: credential.type, response: sent });
  };

  const say = (form, name) => {
    const status = form.querySelector("[data-passkey-status]");
    status.textContent = name ? form.dataset[name] : "";
  };

  const send = (form, credential) => {
    form.elements.credential.value = answerOf(credential);
    form.submit();
  };

  const freshOptions = async (form) => {
    if (Date.now() - loadedAt < GOOD_FOR) return JSON.parse(form.dataset.options);
    if (!form.dataset.refresh) {
      window.location.reload();
      return null;
    }
    const answer = await fetch(form.dataset.refresh, { credentials: "same-origin", cache: "no-store" });
    return answer.ok ? answer.json() : null;
  };

  const explain = (form, error) => {
    const names = { InvalidStateError: "known", SecurityError: "elsewhere", NotSupportedError: "unsupported" };
    if (error.name !== "AbortError") say(form, names[error.name] || "cancelled");
  };

  const ask = async (form) => {
    if (waiting) waiting.abort();
    waiting = null;
    say(form, "busy");
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const options = await freshOptions(form);
      if (!options) return;
      const create = form.dataset.passkey === "create";
      const credential = create
        ? await navigator.credentials.create({ publicKey: creationOptions(options) })
        : await navigator.credentials.get({ publicKey: requestOptions(options) });
      send(form, credential);
    } catch (error) {
      explain(form, error);
      offerAutofill(form);
    } finally {
      button.disabled = false;
    }
  };

  // The passkeys stand among the suggestions of the user name field, for as long as the page is open.
  const offerAutofill = async (form) => {
    if (!("autofill" in form.dataset) || !api.isConditionalMediationAvailable) return;
    if (!(await api.isConditionalMediationAvailable())) return;
    if (waiting) waiting.abort();
    const controller = new AbortController();
    waiting = controller;
    const renewal = setTimeout(() => offerAutofill(form), GOOD_FOR);
    try {
      const options = await freshOptions(form);
      if (!options || waiting !== controller) return;
      const credential = await navigator.credentials.get({
        publicKey: requestOptions(options),
        mediation: "conditional",
        signal: controller.signal,
      });
      send(form, credential);
    } catch (error) {
      // Nobody asked for anything yet, so there is nothing to explain: the button and the fields are there.
    } finally {
      if (waiting !== controller) clearTimeout(renewal);
    }
  };

  const start = (form) => {
    const usable = api && window.isSecureContext && window.location.origin === form.dataset.origin;
    for (const element of document.querySelectorAll("[data-passkey-absent]")) element.hidden = Boolean(usable);
    form.hidden = !usable;
    if (!usable) return;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
    offerAutofill(form);
  };

  // What the server knows, so that a password manager forgets what is gone and renames what changed.
  const signal = (element) => {
    const methods = {
      unknown: "signalUnknownCredential",
      accepted: "signalAllAcceptedCredentials",
      details: "signalCurrentUserDetails",
    };
    for (const [name, said] of Object.entries(JSON.parse(element.dataset.passkeySignal))) {
      const method = methods[name];
      if (api && typeof api[method] === "function") api[method](said).catch(() => {});
    }
  };

  forms.forEach(start);
  document.querySelectorAll("[data-passkey-signal]").forEach(signal);
  window.addEventListener("pageshow", (event) => {
    // A page from the back-forward cache has a challenge that may have been answered.
    if (event.persisted && forms.length) window.location.reload();
  });
})();
