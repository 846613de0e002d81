// Acceptance of the chat page: two pages in a real browser sign up, talk, see typing, lose the server by kill -9, see it
// come back, and end with every message exactly once. Writes the screenshots of the README to TROUPE_SCREENSHOTS.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

import { startNode, temporaryFolder } from '../support/node.mjs';

const shots = process.env.TROUPE_SCREENSHOTS ?? temporaryFolder();
const wide = { viewport: { width: 1280, height: 800 }, colorScheme: 'light' };
const narrow = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' };
const patience = 30_000;

let node;
let browser;
const problems = []; // uncaught errors and refusals of the content policy, on any page

before(async () => {
  mkdirSync(shots, { recursive: true });
  node = await startNode();
  browser = await chromium.launch({
    executablePath: process.env.TROUPE_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

async function open(look, address = '/') {
  const context = await browser.newContext({ ...look, locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.on('pageerror', (error) => problems.push(error.stack));
  page.on('console', (line) => {
    if (/Content Security Policy|Trusted/.test(line.text())) problems.push(line.text());
  });
  await page.goto(node.url + address);
  return page;
}

const at = (page, id) => page.getByTestId(id);

async function signUp(page, name, username) {
  await at(page, 'name').fill(name);
  await at(page, 'username').fill(username);
  await at(page, 'email').fill(`${username}@example.org`);
  await at(page, 'password').fill('Curtain-Up-1');
  await at(page, 'sign-submit').click();
  await at(page, 'connection').and(page.locator('[data-phase=live]')).waitFor({ state: 'attached' });
}

async function createRoom(page, name) {
  await at(page, 'new-room').click();
  await at(page, 'create-name').fill(name);
  await at(page, 'create-submit').click();
  await at(page, 'text').waitFor();
}

async function say(page, text) {
  await at(page, 'text').fill(text);
  await at(page, 'text').press('Enter');
}

const shown = (page) => at(page, 'content').allTextContents();
const heard = (page, text) => at(page, 'content').filter({ hasText: text }).first().waitFor();
const phase = (page, name) => at(page, 'connection').and(page.locator(`[data-phase=${name}]`)).waitFor({ state: 'attached' });
/// Every message of this page has been confirmed by the server.
const settled = (page) =>
  page.waitForFunction(() => !document.querySelector('[data-testid=message]:not([data-state=sent])'));

async function overflows(page) {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

test('two pages talk, lose the server, and end with every message exactly once', async () => {
  const alice = await open(wide);
  const bob = await open(narrow);
  await signUp(alice, 'Alice Martin', 'alice');
  await signUp(bob, 'Bob Keller', 'bob');
  for (const name of ['Costumes', 'Front of house', 'Rehearsals']) await createRoom(alice, name);

  // Bob finds the room and joins it
  await bob.reload();
  await at(bob, 'room-link').filter({ hasText: 'Rehearsals' }).click();
  await at(bob, 'join').click();
  await at(bob, 'text').waitFor();
  await at(alice, 'member').filter({ hasText: 'Bob Keller' }).waitFor();

  const expected = [];
  const exchange = async (from, to, text) => {
    expected.push(text);
    await say(from, text);
    await heard(to, text.split('\n')[0]);
  };
  await exchange(alice, bob, 'Morning! The hall is ours from ten, I have the keys.');
  await exchange(alice, bob, 'Come in through the side door.');
  await exchange(bob, alice, 'Do we start with the second act?\nThen I would bring the lanterns.');
  await exchange(alice, bob, 'Second act, from the storm on. Lanterns would be great.');
  await exchange(bob, alice, 'Noted. Anything else from the store?');

  // typing, both ways; it ends with the message
  await at(bob, 'text').pressSequentially('Ten minutes');
  await alice.getByText('Bob Keller is typing…').waitFor();
  await settled(alice);
  await alice.mouse.move(0, 0); // no row is marked as hovered
  await alice.screenshot({ path: path.join(shots, 'chat-wide.png') });
  await at(bob, 'text').press('Enter');
  expected.push('Ten minutes');
  await heard(alice, 'Ten minutes');
  await alice.getByText('Bob Keller is typing…').waitFor({ state: 'detached' });
  await at(alice, 'text').pressSequentially('See');
  await bob.getByText('Alice Martin is typing…').waitFor();
  await settled(bob);
  await bob.mouse.move(0, 0);
  await bob.screenshot({ path: path.join(shots, 'chat-narrow.png') });
  await at(alice, 'text').fill('');
  await bob.getByText('Alice Martin is typing…').waitFor({ state: 'detached' });

  // text is text
  await exchange(bob, alice, '<b>bold</b> & <img src=x onerror=alert(1)>');
  assert.equal(await alice.locator('[data-testid=content] :is(b, img)').count(), 0);

  // messages are under way at the moment of the kill
  const burst = (who, page) => (async () => {
    for (let i = 0; i < 12; i += 1) await say(page, `${who} ${i}`);
  })();
  const talking = Promise.all([burst('alice', alice), burst('bob', bob)]);
  await heard(alice, 'bob 2');
  await node.kill9();
  await talking;
  await Promise.all([phase(alice, 'waiting'), phase(bob, 'waiting')]);
  await say(alice, 'said to nobody');
  await say(bob, 'neither heard');
  assert.ok(await at(alice, 'message').and(alice.locator('[data-state=pending]')).count() > 0);
  await node.restart();
  await Promise.all([phase(alice, 'live'), phase(bob, 'live')]);
  for (const page of [alice, bob]) {
    await heard(page, 'said to nobody');
    await heard(page, 'neither heard');
    await settled(page);
  }
  for (const who of ['alice', 'bob']) for (let i = 0; i < 12; i += 1) expected.push(`${who} ${i}`);
  expected.push('said to nobody', 'neither heard');
  await alice.waitForFunction((n) => document.querySelectorAll('[data-testid=message]').length >= n, expected.length);
  await bob.waitForFunction((n) => document.querySelectorAll('[data-testid=message]').length >= n, expected.length);

  const onAlice = await shown(alice);
  const onBob = await shown(bob);
  assert.deepEqual([...onAlice].sort(), [...expected].sort());
  assert.deepEqual(onBob, onAlice, 'both pages show the same messages in the same order');
  for (const who of ['alice', 'bob'])
    assert.deepEqual(
      onAlice.filter((text) => text.startsWith(`${who} `)),
      Array.from({ length: 12 }, (_, i) => `${who} ${i}`),
      'the messages of one author are in the order of typing',
    );

  // a fresh load from the server shows the same
  await bob.reload();
  await heard(bob, 'said to nobody');
  assert.deepEqual(await shown(bob), onAlice);
  assert.equal(await overflows(bob), false);

  // and life goes on
  await say(alice, 'Still here');
  await heard(bob, 'Still here');
  await Promise.all([alice.context().close(), bob.context().close()]);
  assert.deepEqual(problems, []);
});

test('what was said in another room is counted until it is read', async () => {
  const carol = await open(wide);
  const dave = await open(wide);
  await signUp(carol, 'Carol Stone', 'carol');
  await signUp(dave, 'Dave Ito', 'dave');
  await createRoom(carol, 'Props');
  const props = carol.url();
  await createRoom(carol, 'Lights');
  await dave.goto(props);
  await at(dave, 'join').click();
  await at(dave, 'text').waitFor();
  await say(dave, 'Where is the skull?');
  await say(dave, 'Found it.');
  const link = at(carol, 'room-link').filter({ hasText: 'Props' });
  await link.getByTestId('unread').filter({ hasText: '2' }).waitFor();
  assert.match(await carol.title(), /^\(2\) /);
  await link.click();
  await heard(carol, 'Found it.');
  await at(carol, 'new-line').waitFor();
  await link.getByTestId('unread').waitFor({ state: 'detached' });
  await Promise.all([carol.context().close(), dave.context().close()]);
  assert.deepEqual(problems, []);
});

test('a refused sign-up names the field, and the page can be used by keyboard on the smallest phone', async () => {
  const page = await open({ viewport: { width: 360, height: 640 }, colorScheme: 'light' });
  await at(page, 'name').fill('Erin Wu');
  await at(page, 'email').fill('erin@example.org');
  await at(page, 'password').fill('short');
  await at(page, 'password').press('Enter');
  await page.locator('#e-password').filter({ hasText: /./ }).waitFor();
  assert.equal(await at(page, 'password').getAttribute('aria-invalid'), 'true');
  assert.equal(await at(page, 'username').inputValue(), 'erin_wu');
  assert.equal(await overflows(page), false);
  await at(page, 'password').fill('Curtain-Up-1');
  await page.keyboard.press('Enter');
  await phase(page, 'live');
  await at(page, 'new-room').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('A room with a name that is much longer than the small screen is wide');
  await page.keyboard.press('Enter');
  await at(page, 'text').waitFor();
  await at(page, 'text').focus();
  await page.keyboard.type('First line');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type(`Second ${'very'.repeat(60)}`);
  await page.keyboard.press('Enter');
  await settled(page);
  assert.match((await shown(page))[0], /^First line\nSecond /);
  assert.equal(await overflows(page), false);
  await page.context().close();
  assert.deepEqual(problems, []);
});
