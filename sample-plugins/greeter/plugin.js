var greeted = {};

function MCS_ClientNotify(str) {
  var data = JSON.parse(str);
  if (data.event !== "OnUserChange" || greeted[data.userid]) return;
  greeted[data.userid] = true;
  window.external.PutMsg(JSON.stringify({
    msg: {
      head: { random: String(Math.floor(Math.random() * 1e9)) },
      body: [{ type: 0, content: { text: "您好，客服已为您接入。" } }]
    }
  }));
}
