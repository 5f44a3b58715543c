"use strict";
(() => {
  const form = document.getElementById("filters");
  const count = document.getElementById("filter-count");
  const copied = document.getElementById("copied");
  const items = [...document.querySelectorAll("[data-standing]")];
  const words = new Map();

  const textOf = (item) => {
    if (!words.has(item)) words.set(item, item.textContent.toLowerCase());
    return words.get(item);
  };

  const chosen = () => {
    const data = new FormData(form);
    return { text: data.get("text").trim(), profile: data.get("profile"), verdict: data.getAll("verdict") };
  };

  const apply = () => {
    const { text, profile, verdict } = chosen();
    const wanted = text.toLowerCase();
    const found = {};
    for (const item of items) {
      const { kind, standing } = item.dataset;
      item.hidden = (verdict.length > 0 && !verdict.includes(standing))
        || (profile !== "" && item.dataset.profile !== profile)
        || (wanted !== "" && !textOf(item).includes(wanted));
      found[kind] ??= { shown: 0, all: 0 };
      found[kind].all += 1;
      found[kind].shown += item.hidden ? 0 : 1;
    }
    for (const group of document.querySelectorAll("[data-group]")) {
      group.hidden = !group.querySelector("[data-standing]:not([hidden])");
    }
    for (const [kind, { shown, all }] of Object.entries(found)) {
      document.querySelector(`#${kind} .no-match`).hidden = shown > 0 || all === 0;
    }
    const { requirements } = found;
    count.textContent = requirements ? `${requirements.shown} of ${requirements.all} requirements` : "no requirements";
  };

  const remember = () => {
    const { text, profile, verdict } = chosen();
    const state = new URLSearchParams();
    if (verdict.length) state.set("verdict", verdict.join(","));
    if (profile) state.set("profile", profile);
    if (text) state.set("text", text);
    const hash = state.toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.href.split("#")[0]);
  };

  const choose = (state) => {
    const verdicts = (state.get("verdict") ?? "").split(",");
    form.elements.text.value = state.get("text") ?? "";
    form.elements.profile.value = state.get("profile") ?? "";
    if (form.elements.profile.selectedIndex < 0) form.elements.profile.value = "";
    for (const box of form.querySelectorAll("[name=verdict]")) box.checked = verdicts.includes(box.value);
    apply();
  };

  const follow = () => {
    const hash = location.hash.slice(1);
    if (hash === "" || hash.includes("=")) {
      choose(new URLSearchParams(hash));
      return;
    }
    const target = document.getElementById(hash);
    if (target?.closest("[hidden]")) {
      choose(new URLSearchParams());
      target.scrollIntoView();
    }
  };

  const copy = async (button) => {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
      copied.textContent = "Copied to the clipboard";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
      copied.textContent = "Selected; copy it with the keyboard";
    }
    setTimeout(() => { button.textContent = "Copy"; copied.textContent = ""; }, 2000);
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { apply(); remember(); });
  document.getElementById("filter-reset").addEventListener("click", () => { choose(new URLSearchParams()); remember(); });
  addEventListener("hashchange", follow);
  for (const button of document.querySelectorAll(".copy")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) copy(button);
  });
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open])")) {
      details.open = true;
      details.dataset.closed = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const details of document.querySelectorAll("details[data-closed]")) {
      details.open = false;
      delete details.dataset.closed;
    }
  });
  apply();
  follow();
})();
