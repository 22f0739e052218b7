using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Destinations.Actions;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>Batches of popular destinations: the requests and the status of every event must be those of the package when it does everything itself.</summary>
public sealed class ActionsBatchTests
{
    private static readonly string[] Slugs =
    [
        "actions-airship", "actions-braze-cloud", "actions-customerio", "actions-google-enhanced-conversions", "actions-hubspot-cloud", "actions-iterable", "actions-klaviyo",
        "actions-launchdarkly-audiences", "actions-linkedin-conversions", "actions-mixpanel", "actions-optimizely-data-platform", "actions-posthog", "actions-salesforce", "actions-sendgrid", "actions-webhook",
    ];

    [Theory]
    [InlineData(200, "{}")]
    [InlineData(429, """{"message":"slower"}""")]
    [InlineData(400, """{"errors":["no"]}""")]
    [InlineData(503, "")]
    public async Task Every_event_of_a_batch_has_the_outcome_that_the_package_gives_it(int status, string answer)
    {
        await using var rig = new ActionsRig(_ => ActionsRig.Json(answer, status));
        var (compared, differing) = (0, new List<string>());
        foreach (var kind in Slugs.Select(slug => rig.Catalogue.Find(slug)!))
        {
            foreach (var action in kind.Kind.Actions.Where(action => action.HasBatch && !action.Hidden).Take(4))
            {
                var mapping = ActionsGoldenTests.Mappings(kind, action).First();
                mapping["enable_batching"] = true;
                if (await DifferenceAsync(rig, kind, action, mapping) is { } difference) differing.Add($"{kind.Slug} {action.Key}: {difference}");
                compared++;
            }
        }

        Assert.True(compared >= 25, $"Only {compared} actions were compared.");
        Assert.True(differing.Count == 0, string.Join("\n\n", differing));
    }

    private static async Task<string?> DifferenceAsync(ActionsRig rig, ActionsKind kind, DestinationAction action, JsonObject mapping)
    {
        var settings = ActionsGoldenTests.Settings(kind);
        rig.Requests.Clear();
        var whole = await rig.Host.RunWholeBatchAsync(kind.Slug, $"whole {action.Key}", settings, action.Key, mapping, new JsonArray([.. Events()]), CancellationToken.None);
        var wanted = rig.Requests.Select(request => ActionsGoldenTests.Write([request])).ToList();
        rig.Requests.Clear();
        using var sender = rig.Open(kind.Slug, action.Key, mapping.ToJsonString(), settings.ToJsonString(), $"batch {action.Key}");
        using var within = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var outcomes = await sender.SendAsync([.. Events().Select((json, at) => ActionsRig.Event(json.ToJsonString(), at + 1))], new WireTrace(), within.Token);
        var sent = rig.Requests.Select(request => ActionsGoldenTests.Write([request])).ToList();
        if (!sent.Order(StringComparer.Ordinal).SequenceEqual(wanted.Order(StringComparer.Ordinal))) return $"sent\n{string.Join("\n", sent)}\ninstead of\n{string.Join("\n", wanted)}";
        for (var i = 0; i < 4; i++)
        {
            var expected = Expected(whole, i);
            // The package lets a failed request speak for the whole batch; what it had found wrong before is known to us, and is not tried again.
            if (!whole.IsOk && outcomes[i].Reason == "payload_validation_failed") continue;
            if (outcomes[i].Reason != expected.Reason || (whole.IsOk && outcomes[i].Verdict != expected.Verdict)) return $"event {i} is {outcomes[i]} ({outcomes[i].Detail}) instead of {expected} ({expected.Detail})";
        }

        return null;
    }

    // What the framework throws is about the whole batch; of it only the reason is told here.
    private static DeliveryOutcome Expected(ActionsReply whole, int at)
    {
        if (!whole.IsOk) return DeliveryOutcome.Refused(whole.Code ?? "", whole.Message);
        var result = whole.Value[0];
        return result.TryGetProperty("multistatus", out var each) && each.ValueKind == JsonValueKind.Array
            ? ActionOutcomes.OfStatus(each[at], null)
            : DeliveryOutcome.Delivered;
    }

    // Two that are whole, one that lacks nearly everything, and one of somebody else.
    private static IEnumerable<JsonNode> Events()
    {
        for (var i = 0; i < 4; i++)
        {
            var message = JsonNode.Parse(ActionsSample.Event)!.AsObject();
            message["messageId"] = $"5b4f2c1e-0000-4000-8000-00000000000{i}";
            if (i == 2)
            {
                foreach (var name in (string[])["userId", "anonymousId", "traits", "properties", "context"]) message.Remove(name);
            }

            if (i == 3) (message["userId"], message["traits"]!["email"], message["properties"]!["email"]) = ("grace", "grace@example.com", "grace@example.com");
            yield return message;
        }
    }
}
