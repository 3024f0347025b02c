"use strict";

// 快捷回复：每条一个按钮，客户的话里有 keyword 就自动回答
// Canned replies: a button each, and an answer to messages with one of the keywords
const REPLIES = [
  { id: "hours", label: "营业时间", keywords: ["几点", "营业"], text: "我们每天 9:00-21:00 营业，节假日不休息。" },
  { id: "return", label: "退换货", keywords: ["退货", "换货"], text: "签收后七天内可以退换，请保持商品完好。" },
  { id: "invoice", label: "发票", keywords: ["发票"], text: "请告诉我们发票抬头，电子发票会发到您的邮箱。" }
];
const WELCOME = "您好，请问有什么可以帮您？";

// 页面做的事；客户端怎么说话，在各自的文件里
// What the page does; how it talks to a client is in a file of its own
const plugin = {
  client: null,
  customer: "",
  welcomed: new Set(),

  // 轮到一位客户 / It is a customer's turn
  onCustomer(client, customer, name) {
    this.client = client;
    this.customer = customer;
    byId("customer").textContent = name || customer || "（无）";
    if (customer && !this.welcomed.has(customer)) {
      this.welcomed.add(customer);
      this.send(WELCOME);
    }
  },

  // 客户写了一句话 / The customer wrote something
  onText(text) {
    this.record("客户：" + text);
    const reply = REPLIES.find(({ keywords }) => keywords.some((keyword) => text.includes(keyword)));
    if (reply) this.send(reply.text);
  },

  send(text) {
    if (!this.customer) {
      this.record("没有客户，不能发送");
      return;
    }
    const error = this.client.sendText(text);
    this.record(error ? "发送失败：" + error : "客服：" + text);
  },

  record(text) {
    const line = document.createElement("li");
    line.textContent = text;
    byId("record").prepend(line);
  }
};

function byId(id) {
  return document.getElementById(id);
}

for (const reply of REPLIES) {
  const button = document.createElement("button");
  button.id = "reply-" + reply.id;
  button.textContent = reply.label;
  button.addEventListener("click", () => plugin.send(reply.text));
  byId("replies").append(button, " ");
}

byId("free").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("text").value.trim();
  if (text) plugin.send(text);
  byId("text").value = "";
});
