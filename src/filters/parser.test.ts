import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from '../errors/index.js';
import type { Operator, Selector } from './filter.js';
import { parseFilter } from './parser.js';

function selector(path: string | readonly string[], operator: Operator = 'present', value = ''): Selector {
  return { fieldpath: typeof path === 'string' ? [path] : path, operator, value };
}

const accepted: readonly [input: string, ...selectors: Selector[]][] = [
  [''],
  ['name', selector('name')],
  ['name==a', selector('name', '==', 'a')],
  ['name!=a', selector('name', '!=', 'a')],
  ['name~=a', selector('name', '~=', 'a')],
  ['_9a==a', selector('_9a', '==', 'a')],
  ['9==a', selector('9', '==', 'a')],
  ['labels.a.b', selector(['labels', 'a', 'b'])],
  ['labels."a.b"', selector(['labels', 'a.b'])],
  ['labels."containerd.io/gc.root"', selector(['labels', 'containerd.io/gc.root'])],
  ['""==x', selector('', '==', 'x')],
  ['parent==""', selector('parent', '==', '')],
  ['name==a,b', selector('name', '==', 'a'), selector('b')],
  ['a,b,c!=d', selector('a'), selector('b'), selector('c', '!=', 'd')],
  [' name==a', selector('name', '==', 'a')],
  ['name  ==\t a', selector('name', '==', 'a')],
  ['name==a, \nkind==b', selector('name', '==', 'a'), selector('kind', '==', 'b')],
  ['a. b', selector(['a', 'b'])],
  ['\u00a0name==\u3000a', selector('name', '==', 'a')],
  ["name=='c1'", selector('name', '==', "'c1'")],
  ['name==`c1`', selector('name', '==', '`c1`')],
  ['name==a=b', selector('name', '==', 'a=b')],
  ['name==a/b.c|d"e!f~g', selector('name', '==', 'a/b.c|d"e!f~g')],
  ['name==sha256:abc', selector('name', '==', 'sha256:abc')],
  ['name==größe-日本-🦀', selector('name', '==', 'größe-日本-🦀')],
  ['name==(x)', selector('name', '==', '(x)')],
  ['name==\u200b', selector('name', '==', '\u200b')],
  ['parent=="/a/b"', selector('parent', '==', '/a/b')],
  ['topic~=|^/snapshot/|', selector('topic', '~=', '^/snapshot/')],
  ['topic~=/^a|b$/', selector('topic', '~=', '^a|b$')],
  ['topic~=/a\\/b/', selector('topic', '~=', 'a/b')],
  ['topic~="^a\\\\.b"', selector('topic', '~=', '^a\\.b')],
  ['name=="a,b c"', selector('name', '==', 'a,b c')],
];

for (const [input, ...selectors] of accepted) {
  test(`accepts ${JSON.stringify(input)}`, () => assert.deepEqual(parseFilter(input), selectors));
}

const operators = '("=="|"!="|"~=")';

const refused: readonly [input: string, reason: string][] = [
  [' ', '[ ]: expected field or quoted'],
  [',', '[ >|,|< ]: expected field or quoted'],
  ['==a', '[ >|=|< =a]: expected field or quoted'],
  ['(', '[ >|(|< ]: expected field or quoted'],
  ['a..b', '[a. >|.|< b]: expected field or quoted'],
  ['a.', '[a.]: expected field or quoted'],
  ['name==a,', '[name==a,]: expected field or quoted'],
  ['name==a,,b', '[name==a, >|,|< b]: expected field or quoted'],
  ['name ', `[name ]: expected an operator ${operators}`],
  ['name ,b', `[name  >|,|< b]: expected an operator ${operators}`],
  ['name b', `[name  >|b|< ]: expected an operator ${operators}`],
  ['labels.a-b', `[labels.a >|-|< b]: expected an operator ${operators}`],
  ['labels.containerd.io/gc.root', '[labels.containerd.io >|/|< gc.root]: quoted literal not terminated'],
  ['a/b/==c', `[a >|/|< b/==c]: expected an operator ${operators}`],
  ['/a/==b', '[ >|/|< a/==b]: invalid quote encountered'],
  ['name==', '[name==]: expected value or quoted'],
  ['name==,', '[name== >|,|< ]: expected value or quoted'],
  ['name==.a', '[name== >|.|< a]: expected value or quoted'],
  ['name~=.*', '[name~= >|.|< *]: expected value or quoted'],
  ['name== ==a', '[name==  >|=|< =a]: expected value or quoted'],
  ['name===a', '[name >|=|< ==a]: unsupported operator "==="'],
  ['name=a', '[name >|=|< a]: unsupported operator "="'],
  ['name~==a', '[name >|~|< ==a]: unsupported operator "~=="'],
  ['name!', '[name >|!|< ]: unsupported operator "!"'],
  ['name==a ', '[name==a >| |< ]: unexpected input:  '],
  ['name==a ,b', '[name==a >| |< ,b]: unexpected input:  '],
  ['name=="a"b', '[name=="a" >|b|< ]: unexpected input: b'],
  ['name=="a" ', '[name=="a" >| |< ]: unexpected input:  '],
  ['name==a\u200b', '[name==a >|\u200b|< ]: unexpected input: \u200b'],
  ['name==a\0', '[name==a >|\0|< ]: unexpected input: \ufffd'],
  ['parent==/a/b', '[parent== >|/|< a/b]: invalid quote encountered'],
  ['parent==/a', '[parent== >|/|< a]: quoted literal not terminated'],
  ['name=="a', '[name== >|"|< a]: quoted literal not terminated'],
  ['name=="a\nb"', '[name== >|"|< a\nb"]: quoted literal not terminated'],
  ['name=="a\\', '[name== >|"|< a\\]: illegal escape sequence'],
  ['name=="\\q"', '[name== >|"|< \\q"]: illegal escape sequence'],
  ['name~=/a\\.b/', '[name~= >|/|< a\\.b/]: illegal escape sequence'],
  ['name=="\\\'"', '[name== >|"|< \\\'"]: illegal escape sequence'],
  ['name=="\\x4"', '[name== >|"|< \\x4"]: illegal numeric escape sequence'],
  ['name=="\\18"', '[name== >|"|< \\18"]: illegal numeric escape sequence'],
  ['name=="\\777"', '[name== >|"|< \\777"]: unquoting failed: quote syntax error'],
  ['name=="\\U00110000"', '[name== >|"|< \\U00110000"]: unquoting failed: quote syntax error'],
  ['\0', '[ >|\0|< ]: unexpected null'],
  ['na\0me', '[na >|\0|< me]: unexpected null'],
  ['\ufffd', '[ >|\ufffd|< ]: rune error'],
  ['name==\ufffd', '[name== >|\ufffd|< ]: rune error'],
  ['name==\ud800', '[name== >|\ud800|< ]: rune error'],
  ['name=="\ufffd"', '[name== >|"|< \ufffd"]: rune error'],
  ['name=="\\\0"', '[name== >|"|< \\\0"]: unexpected null'],
  ['🦀', '[ >|🦀|< ]: expected field or quoted'],
];

for (const [input, reason] of refused) {
  test(`refuses ${JSON.stringify(input)}`, () => {
    assert.throws(
      () => parseFilter(input),
      (error) => {
        assert(error instanceof InvalidArgumentError);
        assert.equal(error.message, `filters: parse error: ${reason}: invalid argument`);
        return true;
      },
    );
  });
}
