// From messages to the rows of the screen: days, groups of one author, the line above what is new. Pure.
const groupGap = 5 * 60_000;

export function dayOf(time) {
  const d = new Date(time);
  return `${d.getFullYear()}-${d.getMonth() + 1}-${d.getDate()}`;
}

export function dayName(time, now, locale) {
  const day = dayOf(time);
  if (day === dayOf(now))
    return "Today";
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (day === dayOf(yesterday))
    return "Yesterday";
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale, {
    weekday: "long", day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }),
  }).format(new Date(time));
}

/// The key of a message: its author's own id when there is one, so that a pending message and the stored one
/// are the same row.
export function keyOf(message) {
  return message.clientId ? `${message.senderId}/${message.clientId}` : message.id;
}

/// `messages` in seq order, then `pending`. `newFrom`: the first seq that was not read when the room was opened.
export function layout(messages, pending, me, newFrom = Infinity) {
  const rows = [];
  let before = null;
  let isNewShown = false;
  for (const message of [...messages, ...pending]) {
    const startsDay = !before || dayOf(before.timestamp) !== dayOf(message.timestamp);
    if (startsDay)
      rows.push({ kind: "day", key: `day ${dayOf(message.timestamp)}`, time: message.timestamp });
    const startsNew = !isNewShown && message.seq >= newFrom && message.senderId !== me;
    if (startsNew) {
      isNewShown = true;
      rows.push({ kind: "new", key: "new" });
    }
    const isFirst = startsDay || startsNew || before.senderId !== message.senderId
      || new Date(message.timestamp) - new Date(before.timestamp) > groupGap;
    rows.push({ kind: "message", key: keyOf(message), isFirst, isOwn: message.senderId === me, message });
    before = message;
  }
  return rows;
}
