// The page's own buttons: open the assistant, or ask it one of the sample questions.
const chat = document.querySelector("rapport-chat");

document.querySelector("#open-chat")?.addEventListener("click", () => chat.open());
for (const button of document.querySelectorAll(".ask")) {
  button.addEventListener("click", () => chat.ask(button.textContent));
}
