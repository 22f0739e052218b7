using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Destinations.Functions;
using Xunit;

namespace Tributary.Server.Tests.Functions;

/// <summary>Code that means harm, or does it by accident. Each time: it is contained, the next call works, and other functions notice nothing.</summary>
public sealed class HostileFunctionTests
{
    [Theory]
    [InlineData("for (;;) {}")]
    [InlineData("await null; for (;;) {}")]
    [InlineData("const spin = () => Promise.resolve().then(spin); await spin()")]
    [InlineData("await new Promise(() => {})")]
    [InlineData("while (true) await null")]
    [InlineData("/^(a+)+$/.test('a'.repeat(40) + '!')")]
    [InlineData("return { toJSON() { for (;;) {} } }")]
    [InlineData("throw { get message() { for (;;) {} } }")]
    public async Task What_never_ends_is_ended(string body)
    {
        await using var rig = new FunctionRig();
        await NeighbourAsync(rig);
        var result = (await rig.CallAsync($"async function onTrack() {{ {body} }}", seconds: 1)).Results[0];
        Assert.Equal(FunctionVerdict.Retry, result.Verdict);
        Assert.Contains(result.ErrorName, (string[])[FunctionEventResult.Timeout, FunctionEventResult.Lost]);
        await AfterwardsAsync(rig);
    }

    [Theory]
    [InlineData("return new Array(3e8).fill(1).length")]
    [InlineData("const all = []; for (;;) all.push(new Array(1e5).fill(all.length))")]
    [InlineData("let text = 'x'; for (;;) text += text + text.length")]
    [InlineData("return 'ab'.repeat(2e8).split('').length")]
    [InlineData("const all = []; for (;;) all.push(new Uint8Array(5e7).fill(1))")]
    [InlineData("const all = []; for (;;) all.push(Buffer.alloc(5e7, 1))")]
    [InlineData("const map = new Map(); for (let i = 0; ; i++) map.set(i, { i })")]
    [InlineData("return new Uint8Array(4e9).fill(1).length")]
    public async Task What_takes_all_memory_takes_only_its_own(string body)
    {
        await using var rig = new FunctionRig();
        await NeighbourAsync(rig);
        var result = (await rig.CallAsync($"async function onTrack() {{ {body} }}", seconds: 5)).Results[0];
        Assert.True(result.Verdict is FunctionVerdict.Retry or FunctionVerdict.Failed, $"{result}");
        await AfterwardsAsync(rig);
    }

    [Theory]
    [InlineData("process.exit(1)")]
    [InlineData("this.constructor.constructor('return process')().exit(1)")]
    [InlineData("globalThis.constructor.constructor('return process')()")]
    [InlineData("Object.getPrototypeOf(async function () {}).constructor('return process')()")]
    [InlineData("(function* () {}).constructor('return process')()")]
    [InlineData("fetch.constructor('return process')()")]
    [InlineData("fetch('http://a.example/').constructor.constructor('return process')()")]
    [InlineData("crypto.createHash('sha256').update.constructor('return process')()")]
    [InlineData("crypto.randomBytes(4).constructor.constructor('return process')()")]
    [InlineData("console.log.constructor('return process')()")]
    [InlineData("Segment.track.constructor('return process')()")]
    [InlineData("settings.constructor.constructor('return process')()")]
    [InlineData("event.constructor.constructor('return process')()")]
    [InlineData("new URL('http://a').searchParams.constructor.constructor('return process')()")]
    [InlineData("try { crypto.createHash('nonsense') } catch (error) { return error.constructor.constructor('return process')() }")]
    [InlineData("try { new URL('nonsense') } catch (error) { return error.constructor.constructor('return process')() }")]
    [InlineData("try { await fetch('file:///etc/passwd') } catch (error) { return error.constructor.constructor('return process')() }")]
    [InlineData("const deep = () => deep(); try { deep() } catch (error) { return error.constructor.constructor('return process')() }")]
    [InlineData("try { null.x } catch (error) { return error.constructor.constructor('return process')() }")]
    [InlineData("await new Promise((done) => setTimeout(done, 1)); return setTimeout.constructor('return process')()")]
    [InlineData("return eval('process')")]
    [InlineData("return new Function('return process')()")]
    [InlineData("return setTimeout('process.exit(1)', 1)")]
    [InlineData("return require('fs').readFileSync('/etc/passwd', 'utf8')")]
    [InlineData("return module.constructor._load('fs')")]
    [InlineData("return WebAssembly.Module")]
    [InlineData("return SharedArrayBuffer")]
    public async Task There_is_no_way_out(string body)
    {
        await using var rig = new FunctionRig();
        await NeighbourAsync(rig);
        var before = rig.Runtime.ProcessIds.Order().ToList();
        Assert.StartsWith("Failed ", await rig.OneAsync(body), StringComparison.Ordinal);
        await AfterwardsAsync(rig);
        Assert.Subset(rig.Runtime.ProcessIds.ToHashSet(), before.ToHashSet());
    }

    [Theory]
    [InlineData("async function onTrack() { return import('fs') }")]
    [InlineData("async function onTrack() { return [1].map(() => import ('fs')) }")]
    [InlineData("const url = import.meta.url")]
    [InlineData("import fs from 'fs'")]
    public async Task Code_that_imports_is_not_run(string code)
    {
        await using var rig = new FunctionRig();
        var result = (await rig.CallAsync(code)).Results[0];
        Assert.Equal(FunctionVerdict.Unavailable, result.Verdict);
        Assert.Contains("import", result.Message, StringComparison.Ordinal);
        await AfterwardsAsync(rig);
    }

    [Fact]
    public async Task Nothing_of_the_process_is_on_a_promise_or_in_a_stack_trace()
    {
        await using var rig = new FunctionRig();
        Assert.Equal("[\"number\"]", await rig.OneAsync(
            "const seen = new Set(); for (const p of [Promise.resolve(), fetch('http://a.example/'), (async () => {})()]) for (const s of Object.getOwnPropertySymbols(p)) seen.add(p[s] === undefined ? 'number' : typeof p[s]); return [...seen]"));
        Assert.Equal("[]", await rig.OneAsync(
            "Error.stackTraceLimit = 100; Error.prepareStackTrace = (error, frames) => frames; const frames = new Error().stack; delete Error.prepareStackTrace; return frames.filter((frame) => frame.getFileName() !== 'function.js').flatMap((frame) => [frame.getFunction(), frame.getThis()]).filter((value) => value !== undefined && value !== null)"));
        Assert.Equal("true", await rig.OneAsync(
            "const odd = []; let depth = 0; const fall = () => { try { fall() } catch (error) { for (const act of [() => crypto.randomUUID(), () => new URL('x'), () => console.log('x'), () => fetch('x')]) { try { act() } catch (other) { if (!(other instanceof Error)) odd.push(1) } } throw error } }; try { fall() } catch {} return odd.length === 0"));
    }

    [Fact]
    public async Task One_function_sees_nothing_of_another()
    {
        await using var rig = new FunctionRig();
        await rig.CallAsync("Object.prototype.leaked = 'x'; globalThis.mine = 'x'; Array.prototype.push = () => 0; function onTrack(event, settings) { globalThis.kept = settings; return event }", "one", settings: new JsonObject { ["key"] = "s3cret" });
        Assert.Equal("[null,null,null,1]", await rig.OneAsync("const list = []; list.push(1); return [({}).leaked, globalThis.mine, globalThis.kept, list.length].map((value) => value ?? null)", "two"));
        Assert.Equal(2, rig.Runtime.ProcessIds.Count);
    }

    [Fact]
    public async Task Global_variables_survive_between_calls_of_a_version_and_end_with_it()
    {
        await using var rig = new FunctionRig();
        const string Counting = "let calls = 0; function onTrack() { return { calls: ++calls } }";
        Assert.Equal("{\"calls\":1}", Text((await rig.CallAsync(Counting)).Results[0]));
        Assert.Equal("{\"calls\":2}", Text((await rig.CallAsync(Counting)).Results[0]));
        Assert.Equal("{\"calls\":1}", Text((await rig.CallAsync(Counting + " // next")).Results[0]));
    }

    [Theory]
    [InlineData("Object.prototype.toJSON = () => 'spoilt'")]
    [InlineData("JSON.stringify = () => '}{'; JSON.parse = () => { throw 1 }")]
    [InlineData("Promise.prototype.then = () => { throw 1 }")]
    [InlineData("Array.prototype[Symbol.iterator] = function* () {}")]
    [InlineData("Object.defineProperty(Array.prototype, 0, { set() { throw 1 } })")]
    [InlineData("globalThis.String = globalThis.Object = globalThis.Reflect = undefined")]
    [InlineData("String.prototype.slice = () => ({}); Map.prototype.get = () => { throw 1 }; Function.prototype.call = Function.prototype.apply = () => 7")]
    public async Task Who_spoils_the_language_spoils_only_their_own_calls(string code)
    {
        await using var rig = new FunctionRig();
        await NeighbourAsync(rig);
        for (var i = 0; i < 2; i++) await rig.CallAsync($"{code}; function onTrack(event) {{ return event }}", seconds: 1);
        await AfterwardsAsync(rig);
    }

    [Fact]
    public async Task The_console_is_kept_to_four_kilobytes()
    {
        await using var rig = new FunctionRig();
        var result = await rig.CallAsync("function onTrack() { for (let i = 0; i < 300000; i++) console.log('line', i, { i }); console.log('x'.repeat(1e7)) }");
        Assert.InRange(result.Logs.Sum(line => line.Length), 3_000, 4_200);
    }

    [Fact]
    public async Task A_flood_of_requests_is_bounded()
    {
        await using var rig = new FunctionRig();
        var text = await rig.OneAsync("let ok = 0, no = 0; await Promise.all(Array.from({ length: 5000 }, () => fetch('http://a.example/').then(() => ok++, () => no++))); return [ok, no]");
        var counts = JsonNode.Parse(text)!.AsArray().Select(node => node!.GetValue<int>()).ToList();
        Assert.Equal(5_000, counts.Sum());
        Assert.InRange(counts[0], 1, 1_000);
        Assert.Equal(counts[0], rig.Requests);
        await AfterwardsAsync(rig);
    }

    [Theory]
    [InlineData("for (let i = 0; i < 1e6; i++) Segment.track({ userId: 'a', event: 'E' })")]
    [InlineData("for (let i = 0; i < 1e5; i++) try { Segment.track({ userId: 'a', event: 'E' }) } catch {}")]
    public async Task A_million_messages_are_refused_as_a_whole(string body)
    {
        await using var rig = new FunctionRig();
        var result = await rig.CallAsync($"function onRequest() {{ {body} }}", use: FunctionUse.Source);
        Assert.Equal(FunctionVerdict.Failed, result.Results[0].Verdict);
        Assert.Contains("at most 300 messages", result.Results[0].Message, StringComparison.Ordinal);
        await AfterwardsAsync(rig);
    }

    [Theory]
    [InlineData("throw null", "Failed object: null")]
    [InlineData("throw undefined", "Failed undefined: undefined")]
    [InlineData("throw 'text'", "Failed string: text")]
    [InlineData("throw Symbol('s')", "Failed symbol: Symbol(s)")]
    [InlineData("throw Object.create(null)", "Failed Error: ")]
    [InlineData("throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })", "Failed Error: What was thrown cannot be read.")]
    [InlineData("throw { toString() { throw 1 }, message: { toString() { throw 2 } } }", "Failed Error: unreadable")]
    [InlineData("return { get x() { throw new Error('getter') } }", "Failed TypeError: What the handler returned cannot be written as JSON: getter")]
    [InlineData("return new Proxy({}, { ownKeys() { throw new Error('trap') } })", "Failed TypeError: What the handler returned cannot be written as JSON: trap")]
    [InlineData("return 10n", "Failed TypeError: What the handler returned cannot be written as JSON: Do not know how to serialize a BigInt")]
    [InlineData("return { then(done) { done({ a: 1 }) } }", "{\"a\":1}")]
    [InlineData("return { toJSON() { return 5 } }", "5")]
    [InlineData("return { text: '\\ud800' }", "{\"text\":\"\\ud800\"}")]
    public async Task Anything_may_be_thrown_or_returned(string body, string expected)
    {
        await using var rig = new FunctionRig();
        Assert.Equal(expected, await rig.OneAsync(body));
        await AfterwardsAsync(rig);
    }

    [Theory]
    [InlineData("return { text: 'x'.repeat(1e8) }")]
    [InlineData("return Array(2000000).fill('0123456789')")]
    public async Task A_huge_result_is_refused(string body)
    {
        await using var rig = new FunctionRig();
        var result = (await rig.CallAsync($"function onTrack() {{ {body} }}")).Results[0];
        Assert.True(result is { Verdict: FunctionVerdict.Failed, Message: var message } ? message!.Contains("the most are", StringComparison.Ordinal) : result.ErrorName == FunctionEventResult.Lost, $"{result}");
        await AfterwardsAsync(rig);
    }

    [Fact]
    public async Task Events_before_one_that_hangs_are_done_and_those_after_it_are_given_back()
    {
        await using var rig = new FunctionRig();
        var result = await rig.CallAsync("let n = 0; async function onTrack(event) { if (n++ === 2) await new Promise(() => {}); return event }", events: 5, seconds: 0.5);
        Assert.Equal(
            [FunctionVerdict.Done, FunctionVerdict.Done, FunctionVerdict.Retry, FunctionVerdict.NotBegun, FunctionVerdict.NotBegun], result.Results.Select(one => one.Verdict));
    }

    [Fact]
    public async Task Idle_functions_cost_a_process_each_and_no_more()
    {
        await using var rig = new FunctionRig();
        for (var i = 0; i < 4; i++) await rig.OneAsync("return 1", $"f{i}");
        Assert.Equal(4, rig.Runtime.ProcessIds.Count);
        foreach (var id in rig.Runtime.ProcessIds)
        {
            using var process = Process.GetProcessById(id);
            Assert.InRange(process.WorkingSet64, 1, 160L << 20);
        }
    }

    private static Task NeighbourAsync(FunctionRig rig) => rig.OneAsync("return 'neighbour'", "neighbour");

    // The same function takes other code, and the neighbour never noticed.
    private static async Task AfterwardsAsync(FunctionRig rig)
    {
        Assert.Equal("\"neighbour\"", await rig.OneAsync("return 'neighbour'", "neighbour"));
        Assert.Equal("{\"a\":1}", await rig.OneAsync("return (await fetch('http://a.example/')).json()"));
    }

    private static string Text(in FunctionEventResult result) => Encoding.UTF8.GetString(result.Value.Span);
}
