// Shows what people see before they are in a room: the first page, the way into a room, the page for wrong addresses and
// the page without a network. In each state the layout is checked and pictures are taken:
//   npx playwright test --project=screenshots states/entering

import { type Page, expect } from '@playwright/test';

import { ApiRoom } from '../../support/api_room';
import { say } from '../../support/catalogue';
import { button, createRoom, drag, joinRoom, takesDrops } from '../../support/room';
import { answered, test } from '../../support/test';
import { type Words, pose } from '../gallery';

test.describe.configure({ timeout: 300_000 });

test('the first page', async ({ server, device }) => {
  const page = await device('desktop', { noise: answered(404, /\/members$/) });
  const wrong = await noRoom(server.address);
  const field = (words: Words) => page.getByRole('textbox', { name: words('pin') });
  await page.goto('/');
  await takesDrops(page);
  await drag(page, 'dragleave');
  await pose(page, { name: 'home-blank' });
  await pose(page, { name: 'home-typing', enter: (words) => field(words).pressSequentially('4829'), leave: (words) => field(words).fill('') });
  await pose(page, {
    name: 'home-wrong_pin',
    enter: async (words) => {
      await field(words).fill(wrong);
      await expect(page.getByRole('alert')).toHaveText(words('problem_no_such_room'));
    },
    leave: (words) => field(words).fill(''),
  });
  await pose(page, { name: 'home-dropping', enter: () => drag(page, 'dragover'), leave: () => drag(page, 'dragleave') });

  const iPhone = await device('iPhone');
  await iPhone.goto('/');
  await pose(iPhone, { name: 'home-ios', sizes: ['phone'], enter: (words) => expect(iPhone.getByText(words('share_hint'))).toBeVisible() });
  const plain = await device('desktop', { context: { javaScriptEnabled: false } });
  await plain.goto('/');
  await pose(plain, { name: 'home-without_script' });
});

test('the first page of the app', async ({ device }) => {
  const page = await device('androidPhone', { context: { serviceWorkers: 'allow', isMobile: false } });
  await page.goto('/');
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
  await pose(page, {
    name: 'home-shared',
    enter: async (words) => {
      await share(page, ['one.jpg', 'two.jpg', 'three.jpg']);
      await expect(page.getByRole('region', { name: words('shared_with_snapdrop') })).toBeVisible();
    },
    leave: (words) => button(page, words('discard')).click(),
  });
  // A worker that is registered with another URL counts as a newer one.
  await page.evaluate(() => navigator.serviceWorker.register('/sw.js?newer'));
  await expect(page.getByText(say('en', 'update_ready'))).toBeVisible();
  await pose(page, { name: 'home-update' });
});

test.describe('of three seats', () => {
  test.use({ flags: ['--max-members-per-room', '3'] });

  test('the way into a room, and where there is none', async ({ server, device }) => {
    const owner = await device('desktop');
    const pin = await createRoom(owner);
    const page = await device('desktop', { noise: [404, 423, 429].flatMap((status) => answered(status, /./)) });
    const knock = (problem: string) => async (words: Words) => {
      await button(page, words('join')).click();
      await expect(page.getByRole('alert')).toHaveText(words(problem));
    };
    await page.goto(`/join/${pin}`);
    await pose(page, { name: 'join-blank' });
    await button(owner, say('en', 'lock')).click();
    await expect(owner.getByText(say('en', 'locked_note'))).toBeVisible();
    await pose(owner, { name: 'room-locked' });
    await pose(page, { name: 'join-locked', enter: knock('problem_room_locked') });

    await button(owner, say('en', 'unlock')).click();
    await expect(owner.getByText(say('en', 'locked_note'))).toHaveCount(0);
    for (const kind of ['iPhone', 'androidTablet'] as const) await joinRoom(await device(kind), pin);
    await pose(page, { name: 'join-full', enter: knock('problem_too_many_members') });

    const wrong = await noRoom(server.address);
    await page.goto(`/join/${wrong}`);
    const knockTooOften = async (words: Words) => {
      await expect.poll(() => tryToJoin(server.address, wrong), { intervals: [0] }).toBe(429);
      await knock('problem_too_many_requests')(words);
    };
    await pose(page, { name: 'join-too_many_tries', enter: knockTooOften });
  });
});

test('what is no room', async ({ device }) => {
  const page = await device('desktop', { noise: answered(404, /./) });
  await page.goto('/nowhere');
  await pose(page, { name: 'nothing-here' });
  // The page's script would find the server at once and leave the page.
  await page.route('**/offline.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
  await page.goto('/offline');
  await pose(page, { name: 'offline-waiting' });
});

/** Shares files with the app as the operating system does it, with a form that is posted to `/share`. */
async function share(page: Page, names: string[]): Promise<void> {
  await Promise.all([
    page.waitForEvent('load'),
    page.evaluate((names) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: '/share', enctype: 'multipart/form-data' });
      const transfer = new DataTransfer();
      for (const name of names) transfer.items.add(new File(['picture'], name, { type: 'image/jpeg' }));
      form.append(Object.assign(document.createElement('input'), { type: 'file', name: 'files', multiple: true, files: transfer.files }));
      document.body.append(form);
      form.submit();
    }, names),
  ]);
}

/** A PIN that no room has. */
async function noRoom(address: string): Promise<string> {
  const { pin } = await ApiRoom.open(address);
  return pin === '000000' ? '000001' : '000000';
}

/** Asks for a seat and returns the status of the answer. */
async function tryToJoin(address: string, pin: string): Promise<number> {
  const answer = await fetch(`${address}/api/rooms/${pin}/members`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  return answer.status;
}
