using System.Text;
using System.Text.Json.Nodes;
using Tributary.Destinations.Actions;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>
/// Runs every action of every destination once with made-up settings and payloads against a stub that answers everything with an empty object. The table of how
/// far each came is part of the documentation; <c>TRIBUTARY_WRITE_SWEEP=1</c> writes it anew, e.g. after an upgrade of the package.
/// </summary>
public sealed class ActionsSweepTests
{
    private const string Page = "docs/reference/actions-sweep.md";
    private const string Sent = "sent";

    [Fact]
    public async Task Every_action_gets_as_far_as_the_table_says()
    {
        await using var rig = new ActionsRig();
        var rows = await Task.WhenAll(rig.Catalogue.Kinds.OrderBy(kind => kind.Slug, StringComparer.Ordinal).Select(kind => SweepAsync(rig, kind)));
        var results = rows.SelectMany(row => row).ToList();
        Assert.Equal((214, 601), (rig.Catalogue.Kinds.Count, results.Count));
        Assert.DoesNotContain(results, result => result.How.Contains("Cannot find module", StringComparison.Ordinal));
        Assert.Equal(1, rig.Pool.Starts);
        var page = Write(results);
        var path = Repository.PathOf(Page);
        if (Environment.GetEnvironmentVariable("TRIBUTARY_WRITE_SWEEP") == "1") await File.WriteAllTextAsync(path, page, CancellationToken.None);
        Assert.Equal(await File.ReadAllTextAsync(path, CancellationToken.None), page);
        Assert.True(results.Count(result => result.How.StartsWith(Sent, StringComparison.Ordinal)) >= 459, "Fewer actions than ever reach HTTP.");
    }

    private static async Task<List<SweepResult>> SweepAsync(ActionsRig rig, ActionsKind kind)
    {
        var results = new List<SweepResult>();
        foreach (var action in kind.Kind.Actions) results.Add(new SweepResult(kind.Slug, action.Key, await TryAsync(rig, kind, action)));
        return results;
    }

    // Several payloads are tried, because some actions want little and some want everything; the farthest counts.
    private static async Task<string> TryAsync(ActionsRig rig, ActionsKind kind, DestinationAction action)
    {
        if (kind.IsRawSocket) return "opens connections by itself";
        var offered = ActionsKind.Read(kind.Definition, unavailable: null);
        var presets = kind.Kind.Presets.Where(preset => preset.Action == action.Key).Take(1).Select(preset => JsonNode.Parse(preset.Mapping.GetRawText())!.AsObject());
        string? how = null;
        foreach (var mapping in (JsonObject[])[ActionsSample.Defaults(action, everything: false), ActionsSample.Defaults(action, everything: true), .. presets])
        {
            mapping["enable_batching"] = false;
            var opened = rig.Host.Driver(offered).Open(new SenderRequest($"dst_{kind.Slug}", ActionsSample.Settings(kind), new SenderSubscription("sub", action.Key, mapping)));
            if (opened.Sender is not { } sender) return $"not opened: {opened.Fault}";
            using (sender)
            {
                var trace = new WireTrace(keepsSuccess: true);
                var outcome = await ActionsRig.SendAsync(sender, ActionsSample.Event, trace: trace);
                if (trace.Exchanges.Count > 0) return outcome.Verdict == DeliveryVerdict.Delivered ? Sent : $"{Sent}, then {outcome.Reason}";
                how ??= outcome.Verdict == DeliveryVerdict.Delivered ? "nothing to send" : outcome.Reason!;
            }
        }

        return how!;
    }

    private static string Write(List<SweepResult> results)
    {
        var page = new StringBuilder();
        page.Append("""
            # How far each action came

            Every action of every destination of `@segment/action-destinations` ran once through our workers, with settings and payloads that were made up from the
            definitions of its fields, against a stub that answers every request with `200 {}`. *Sent* means that it made a request; what follows is what it made of the
            stub's empty answer. The others stopped before, mostly because they want values that only a real account has. Written by `ActionsSweepTests`.


            """);
        foreach (var group in results.GroupBy(result => result.How.Split(", then ")[0]).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal))
            page.Append("- ").Append(group.Count()).Append(": ").Append(group.Key).Append('\n');
        page.Append("\n| destination | action | result |\n|---|---|---|\n");
        foreach (var result in results) page.Append("| ").Append(result.Slug).Append(" | ").Append(result.Action).Append(" | ").Append(result.How).Append(" |\n");
        return page.ToString();
    }

    private sealed record SweepResult(string Slug, string Action, string How);
}
