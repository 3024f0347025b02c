// What every site loads first: the same random numbers everywhere, and a short way to put a text.
(function (global) {
  var state = 20140102, count = 0;
  Math.random = function () {
    state = state * 16807 % 2147483647; // Park and Miller
    return state / 2147483647;
  };
  // Puts a text message into the conversation.
  global.put = function (text) {
    count += 1;
    var msg = { head: { random: String(count) }, body: [{ type: 0, content: { text: String(text) } }] };
    return window.external.PutMsg(JSON.stringify({ msg: msg }));
  };
})(window);
