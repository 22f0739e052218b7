using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;
using Tributary.Engine.Tests.Delivery.Fql;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>
/// Triggers and mappings agree with Segment's own packages on whatever chance makes. <c>TRIBUTARY_SEED=n</c> repeats a run, <c>TRIBUTARY_CASES=n</c> makes it longer.
/// </summary>
public sealed class ToolsOracleTests
{
    private static readonly int Seed = Setting("TRIBUTARY_SEED") ?? Environment.TickCount & 0xffffff;
    private static readonly int Cases = Setting("TRIBUTARY_CASES") ?? 6_000;

    [Fact]
    public async Task Triggers_agree_with_the_original()
    {
        var cases = new ToolsCases(Seed);
        var inputs = Enumerable.Range(0, Cases).Select(_ => (Fql: cases.Trigger(), Event: cases.Event())).ToList();
        var answers = await AskAsync(inputs.Select(input => $"{{\"fql\":{Quote(input.Fql)},\"event\":{input.Event}}}"));
        var differences = new List<string>();
        var matched = 0;
        foreach (var (input, theirs) in inputs.Zip(answers.EnumerateArray()))
        {
            var (trigger, fault) = Trigger.Compile(input.Fql);
            var matches = trigger?.Matches(EventDocument.Read(Encoding.UTF8.GetBytes(input.Event))!) ?? false;
            matched += matches ? 1 : 0;
            var isRight = theirs.GetProperty("matches").GetBoolean() == matches;
            if (theirs.TryGetProperty("error", out var error)) isRight &= fault is not null && (error.ValueEquals("") || error.ValueEquals(fault.Message));
            else isRight &= trigger is not null && Vectors.AreSame(JsonDocument.Parse(trigger.ToJson()).RootElement, theirs.GetProperty("ast")) && Written(theirs) == trigger.ToFql().Fql;
            if (!isRight) differences.Add($"{input.Fql}\n  on {input.Event}\n  here {matches} {fault} {(trigger is null ? "" : Encoding.UTF8.GetString(trigger.ToJson().Span))}\n  there {theirs}");
        }

        Assert.True(differences.Count == 0, $"{differences.Count} of {Cases} differ with TRIBUTARY_SEED={Seed}:\n{string.Join('\n', differences.Take(6))}");
        Assert.True(matched > Cases / 50, $"Only {matched} triggers matched; the generator has become too wild with TRIBUTARY_SEED={Seed}.");
    }

    [Fact]
    public async Task Mappings_agree_with_the_original()
    {
        var cases = new ToolsCases(Seed);
        var inputs = Enumerable.Range(0, Cases).Select(at => (Mapping: cases.Mapping(), Event: at % 10 == 0 ? $"[{cases.Event()},{cases.Event()}]" : cases.Event(), IsBatch: at % 10 == 0)).ToList();
        var answers = await AskAsync(inputs.Select(input => $"{{\"mapping\":{input.Mapping},\"event\":{input.Event},\"batch\":{(input.IsBatch ? "true" : "false")}}}"));
        var differences = new List<string>();
        var worked = 0;
        foreach (var (input, theirs) in inputs.Zip(answers.EnumerateArray()))
        {
            var (mapping, faults) = CompiledMapping.Compile(Encoding.UTF8.GetBytes(input.Mapping));
            var message = EventDocument.Read(Encoding.UTF8.GetBytes(input.Event))!;
            var ours = mapping is null ? new MappingOutcome(default, string.Join(' ', faults)) : input.IsBatch ? mapping.ApplyBatch(message) : mapping.Apply(message);
            worked += ours.Fault is null ? 1 : 0;
            var isRight = theirs.TryGetProperty("error", out _) ? ours.Fault is not null
                : theirs.TryGetProperty("output", out var output) ? ours.Fault is null && !ours.IsUndefined && Vectors.AreSame(JsonDocument.Parse(ours.Output).RootElement, output)
                : ours.IsUndefined;
            if (!isRight) differences.Add($"{input.Mapping}\n  on {input.Event}\n  here {ours} {Encoding.UTF8.GetString(ours.Output.Span)}\n  there {theirs}");
        }

        Assert.True(differences.Count == 0, $"{differences.Count} of {Cases} differ with TRIBUTARY_SEED={Seed}:\n{string.Join('\n', differences.OrderBy(difference => difference.Length).Take(6))}");
        Assert.True(worked > Cases / 5, $"Only {worked} mappings worked; the generator has become too wild with TRIBUTARY_SEED={Seed}.");
    }

    // Half a character keeps its value only as an escape.
    private static string Quote(string text) =>
        $"\"{string.Concat(text.Select(character => char.IsAsciiLetterOrDigit(character) ? character.ToString() : $"\\u{(int)character:x4}"))}\"";

    private static string? Written(JsonElement theirs) => theirs.TryGetProperty("written", out var written) ? Vectors.TextOf(written) : null;

    private static async Task<JsonElement> AskAsync(IEnumerable<string> cases)
    {
        var start = new ProcessStartInfo("node", [Repository.PathOf("tests", "Server.Tests", "oracles", "languages.cjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        using var node = Process.Start(start)!;
        var reading = node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.StandardInput.WriteAsync($"[{string.Join(',', cases)}]");
        node.StandardInput.Close();
        var answers = await reading;
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, node.ExitCode);
        return JsonDocument.Parse(answers, new JsonDocumentOptions { MaxDepth = 1_000 }).RootElement;
    }

    private static int? Setting(string name) => Environment.GetEnvironmentVariable(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;
}
