// The tests that run in Chromium only, with the reason: what Firefox lacks, or what Playwright cannot do with it.

/** Beginnings or parts of the names of tests, by the reason. */
const REASONS: Record<string, string[]> = {
  'It is about a program of Chromium: its manager of downloads, its viewer of PDF, its rules for what can be installed.': [
    "Chromium's download manager",
    "a PDF is shown by the browser's own viewer",
    'Chromium finds nothing that keeps SnapDrop from being installed',
    'the second start takes the program from the worker',
  ],
  'Only Chromium has handles of files, which it keeps.': [
    'a file that was picked with a handle goes on by itself',
    'a browser that asks first goes on after Continue is pressed',
    'a kept file that',
    'one press of Continue goes on with every file',
    'a file is picked without a pointer where the browser has a picker of handles',
  ],
  'Firefox records no film in the format that the tests play.': [
    'a video plays in the page and seeks by ranges',
    'a film is watched in place',
    'a small picture of every image and film is in its row',
  ],
  'Firefox writes the percent sign in the name of a saved file as an underscore.': ['names with emoji, quotes and 255 bytes'],
  'Firefox begins to save a file when its first byte is there.': ['the link of a file works before its first byte is there'],
  'Firefox gives no files to a paste that a script makes.': ['dropped and pasted files appear on every other device', 'the main job is done', 'where a picture of it comes along, the text is pasted', 'a picture is pasted as a file', 'a text with a picture that is pasted on the first page'],
  'A process of this Firefox crashes while axe-core looks at a room.': [
    'a room is for everyone, from its first moment to its end',
    'texts, a preview and what can be undone are for everyone',
    'the list of unfinished files is for everyone',
  ],
  'Without TLS, Firefox has no worker, no lock on the screen and no sharing, which these tests replace.': [
    'the screen stays on while uploads move',
    'somebody who comes back while files arrive is offered notifications',
    'an offer that was declined is not made again',
    'a service worker shows what arrived in the background',
    'an upload that ends in the background is announced by a notification',
    'a browser that refuses every notice still counts in the title',
    'a phone saves a picture by its share sheet',
  ],
  'Firefox words it otherwise.': ['a page of any other origin can neither upload nor read', 'the owner sees who has a file, and who is waiting'],
  'Playwright cannot change what Firefox says of its device, has no touch there, and no theme and no motion of the system.': [
    'each member is shown with the kind of device',
    'an iPad that claims to be a Mac is shown as a tablet',
    'what a browser says of itself when it joins',
    'a new name is read by everybody at once',
    'the first page says on iPhones and iPads what to do instead of sharing',
    'a finger on the flaps of the PIN begins typing',
    'a finger swipes to the next preview and back',
    'files that arrive outside the screen are announced',
    'on a phone the row opens the file',
    'on a phone the way back is not hidden',
    'toasts lie over nothing that can be pressed, on the iPhone',
    'pages follow the theme of the system',
    'light stays light on a dark system',
    'a board turns blank with a motion',
    'everything that has the focus can be seen to have it',
  ],
  'Playwright cannot switch scripts off in Firefox.': [
    'without a script a button changes the language of the page',
    'without a script a page has the theme that was chosen',
    'without_script.spec.ts',
  ],
  'Playwright cannot give a folder to Firefox, neither picked nor dropped.': [
    'a folder that is dropped arrives',
    'a folder that is picked arrives',
    'a folder unfolds',
    'an empty folder that is dropped is named',
    'a folder is downloaded by itself',
  ],
  'Playwright sends the requests that it repeats for Firefox without their bodies, so that the server waits for them.': [
    'the file that is just being announced is taken back',
    'a small file whose announcement goes unanswered',
    'a browser that blocks cookies is told so',
  ],
  'Playwright does not tell of WebSockets in Firefox, and cannot break a download off.': [
    'a page that lost its connection comes back by itself',
    'a download that breaks off says so in its row',
  ],
};

/** Matches the names of all of them, behind the names of their files. */
export const ONLY_IN_CHROMIUM = new RegExp(
  Object.values(REASONS)
    .flat()
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|'),
);
