// Puts the page together: who is signed in decides which half is shown, the address decides which room.
import { Api } from "./api.js";
import { Chat } from "./chat.js";
import { Store } from "./store.js";
import { Tokens } from "./tokens.js";
import { ComposerView } from "./views/composer.js";
import { ConnectionView } from "./views/connection.js";
import { CreateView } from "./views/create.js";
import { $ } from "./views/dom.js";
import { MessagesView } from "./views/messages.js";
import { notify } from "./views/notices.js";
import { RoomView } from "./views/room.js";
import { RoomsView } from "./views/rooms.js";
import { SignView } from "./views/sign.js";

const store = new Store();
const api = new Api();
const tokens = new Tokens(api);
api.token = () => tokens.current?.accessToken ?? "";
api.renew = (used) => tokens.refresh(used);

const socketUrl = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`;
const chat = new Chat({ store, api, tokens, url: socketUrl, notify, signedOut: () => signOut("login") });

const sign = new SignView(async (mode, form) => {
  tokens.keep(await api[mode](form));
  enter();
});
const composer = new ComposerView(store, {
  send: (room, content) => chat.send(room, content),
  wrote: (room, text) => chat.typing.wrote(room, text),
  stopped: (room) => chat.typing.stopped(room),
});
const views = [
  new RoomsView(store),
  new RoomView(store, {
    join: async (room) => {
      await chat.join(room);
      if (room.isJoined)
        composer.focus();
    },
    leave: (room) => chat.leave(room),
  }),
  new MessagesView(store, {
    earlier: (room) => chat.loadEarlier(room),
    again: (room, message) => chat.again(room, message),
    discard: (room, clientId) => chat.outbox.discard(room, clientId),
  }),
  composer,
  new ConnectionView(store, () => (store.link.phase === "stopped" ? chat.connection.start() : chat.connection.hurry())),
];
new CreateView((form) => chat.create(form), (room) => {
  location.hash = addressOf(room.id);
});

store.listen(() => {
  if (!store.me)
    return;
  for (const view of views)
    view.render();
  document.title = `${store.unread > 0 ? `(${store.unread}) ` : ""}${store.room ? `${store.room.name} · ` : ""}Troupe`;
});

function addressOf(roomId) {
  return `#/rooms/${encodeURIComponent(roomId)}`;
}

function follow() {
  if (!store.me)
    return;
  const match = /^#\/rooms\/(.+)$/.exec(location.hash);
  chat.open(match ? decodeURIComponent(match[1]) : null);
  if (store.room?.isJoined && matchMedia("(hover: hover)").matches)
    setTimeout(() => composer.focus()); // on a phone the keyboard would hide the room
  else
    $("room-name").focus();
}

function enter() {
  sign.hide();
  $("app").hidden = false;
  chat.start(tokens.current.user);
  follow();
}

function signOut(mode) {
  tokens.forget();
  chat.stop();
  $("app").hidden = true;
  sign.show(mode);
}

$("sign-out").addEventListener("click", () => {
  const refreshToken = tokens.current?.refreshToken;
  api.logout(refreshToken).catch(() => {}); // signed out here in any case
  signOut("login");
});
addEventListener("hashchange", follow);
addEventListener("storage", () => { // signed in or out in another tab
  if (tokens.current?.user.id !== store.me?.id)
    location.reload();
});
addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible")
    return;
  chat.connection.hurry();
  refreshRooms();
  if (store.room) {
    chat.sawRoom(store.room);
    store.changed();
  }
});

// nothing announces a new room: look now and then
function refreshRooms() {
  if (store.me && store.link.phase === "live" && document.visibilityState === "visible")
    chat.loadRooms({ isQuiet: true });
}
setInterval(refreshRooms, 20_000);

if (tokens.current)
  enter();
else
  sign.show("register");
