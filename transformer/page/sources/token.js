/* The caller's token: in this page's memory and nowhere else. */

let tokenFault = null;

/** Return the token, or an empty text. */
function token() {
  return byId("token").value.trim();
}

/** Return whether the token, if there is one, can be sent in a header; says so at its field. */
function checkToken() {
  tokenFault = /^[\x21-\x7e]*$/.test(token()) ? null : () => say("token wrong");
  drawToken();
  if (tokenFault !== null) openToken();
  return tokenFault === null;
}

/** Say at the field that the service wants a token, and open what it is in. */
function refuseToken(status) {
  tokenFault = () => say("token refused", { status });
  drawToken();
  openToken();
}

function drawToken() {
  showFault(byId("token"), tokenFault);
}

function openToken() {
  byId("token-details").open = true;
  byId("token").focus();
}
