using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tributary.Destinations.Actions;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>
/// What popular destinations put on the wire for one event with the mappings that the package suggests. Each request is compared with a file, and with what the
/// package itself sends when it also does the mapping. <c>TRIBUTARY_WRITE_GOLDENS=1</c> writes the files anew.
/// </summary>
public sealed partial class ActionsGoldenTests
{
    // More would only be longer.
    private const int ActionsMax = 4;

    // Values that these destinations check.
    private static readonly Dictionary<string, string> Overrides = new()
    {
        ["actions-slack"] = """{"url":"https://hooks.slack.com/services/T0/B0/x","text":"hello"}""",
        ["actions-linkedin-conversions"] = """{"email":"ada@example.com","conversionHappenedAt":"NOW","onMappingSave":{"inputs":{},"outputs":{"id":"77"}}}""",
    };

    // Some destinations take nothing that is long ago.
    private static readonly string Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    // With these, Salesforce wants a password and an application of the operator; without them it takes tokens.
    private static readonly string[] Omitted = ["username", "auth_password", "security_token"];

    [Theory]
    [InlineData("actions-airship")]
    [InlineData("actions-amplitude")]
    [InlineData("actions-attentive")]
    [InlineData("actions-braze-cloud")]
    [InlineData("actions-customerio")]
    [InlineData("actions-facebook-conversions-api")]
    [InlineData("actions-google-analytics-4")]
    [InlineData("actions-google-enhanced-conversions")]
    [InlineData("actions-hubspot-cloud")]
    [InlineData("actions-intercom-cloud")]
    [InlineData("actions-iterable")]
    [InlineData("actions-klaviyo")]
    [InlineData("actions-launchpad")]
    [InlineData("actions-linkedin-conversions")]
    [InlineData("actions-mixpanel")]
    [InlineData("actions-moengage")]
    [InlineData("actions-optimizely-data-platform")]
    [InlineData("actions-pinterest-conversions-api")]
    [InlineData("actions-posthog")]
    [InlineData("actions-salesforce")]
    [InlineData("actions-sendgrid")]
    [InlineData("actions-slack")]
    [InlineData("actions-snap-conversions")]
    [InlineData("actions-twilio")]
    [InlineData("actions-webhook")]
    [InlineData("tiktok-conversions")]
    public async Task Requests_are_those_of_the_file_and_those_of_the_package(string slug)
    {
        await using var rig = new ActionsRig();
        var kind = rig.Catalogue.Find(slug)!;
        var text = new StringBuilder();
        var actions = 0;
        foreach (var action in kind.Kind.Actions.Where(action => !action.Hidden))
        {
            if (actions == ActionsMax || await SendAsync(rig, kind, action) is not var (mapping, requests)) continue;
            actions++;
            Assert.Equal(requests, await SendWholeAsync(rig, kind, action, mapping));
            text.Append("### ").Append(action.Key).Append('\n').Append(requests).Append('\n');
        }

        Assert.True(actions > 0, $"No action of {slug} sends anything.");
        var path = Repository.PathOf("tests", "Server.Tests", "Delivery", "goldens", slug + ".txt");
        if (Environment.GetEnvironmentVariable("TRIBUTARY_WRITE_GOLDENS") == "1") await File.WriteAllTextAsync(path, text.ToString(), CancellationToken.None);
        Assert.Equal(await File.ReadAllTextAsync(path, CancellationToken.None), text.ToString());
    }

    private static async Task<(JsonObject Mapping, string Requests)?> SendAsync(ActionsRig rig, ActionsKind kind, DestinationAction action)
    {
        foreach (var mapping in Mappings(kind, action))
        {
            rig.Requests.Clear();
            using var sender = rig.Open(kind.Slug, action.Key, mapping.ToJsonString(), Settings(kind).ToJsonString(), $"golden {action.Key}");
            var outcome = await ActionsRig.SendAsync(sender, ActionsSample.Event);
            if (!rig.Requests.IsEmpty) return (mapping, Write(rig.Requests));
            TestContext.Current.TestOutputHelper?.WriteLine($"{kind.Slug} {action.Key}: {outcome} {outcome.Detail}");
        }

        return null;
    }

    /// <summary>Mappings of an action to try: those that the package suggests, then made-up ones.</summary>
    internal static IEnumerable<JsonObject> Mappings(ActionsKind kind, DestinationAction action)
    {
        var presets = kind.Kind.Presets.Where(preset => preset.Action == action.Key).Select(preset => JsonNode.Parse(preset.Mapping.GetRawText())!.AsObject());
        foreach (var mapping in (JsonObject[])[.. presets, ActionsSample.Defaults(action, everything: false), ActionsSample.Defaults(action, everything: true)])
        {
            mapping["enable_batching"] = false;
            foreach (var (name, value) in ActionsRig.Object(Overrides.GetValueOrDefault(kind.Slug, "{}").Replace("NOW", Now, StringComparison.Ordinal))) mapping[name] = value?.DeepClone();
            yield return mapping;
        }
    }

    private static async Task<string> SendWholeAsync(ActionsRig rig, ActionsKind kind, DestinationAction action, JsonObject mapping)
    {
        rig.Requests.Clear();
        await rig.Host.RunWholeAsync(kind.Slug, $"whole {action.Key}", Settings(kind), action.Key, mapping, JsonNode.Parse(ActionsSample.Event)!.AsObject(), CancellationToken.None);
        return Write(rig.Requests);
    }

    internal static JsonObject Settings(ActionsKind kind)
    {
        var settings = ActionsSample.Settings(kind);
        if (kind.HasOAuth) Array.ForEach(Omitted, name => settings.Remove(name));
        return settings;
    }

    internal static string Write(IEnumerable<ActionRequest> requests)
    {
        var text = new StringBuilder();
        foreach (var request in requests)
        {
            text.Append(request.Method).Append(' ').Append(request.Url.AbsoluteUri).Append('\n');
            foreach (var (name, value) in request.Headers.Where(header => header.Key != "Content-Length").OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
                text.Append(name.ToLowerInvariant()).Append(": ").Append(value).Append('\n');
            text.Append('\n').Append(request.Body).Append("\n\n");
        }

        return Mask(text.ToString());
    }

    // What depends on the moment or on chance; everything that is in the event stays.
    private static string Mask(string text)
    {
        var now = DateTimeOffset.UtcNow;
        text = IsoTime().Replace(text, match => DateTimeOffset.TryParse(match.Value, CultureInfo.InvariantCulture, out var time) && (time - now).Duration() < TimeSpan.FromDays(1) ? "(now)" : match.Value);
        text = Seconds().Replace(text, match => Math.Abs((long.Parse(match.Value[..10], CultureInfo.InvariantCulture) - now.ToUnixTimeSeconds())) < 86_400 ? "(now)" : match.Value);
        return Uuid().Replace(text, match => ActionsSample.Event.Contains(match.Value, StringComparison.Ordinal) ? match.Value : "(uuid)");
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?")]
    private static partial Regex IsoTime();

    [GeneratedRegex(@"(?<![\w.])\d{10}(?:\d{3})?(?![\w.])")]
    private static partial Regex Seconds();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uuid();
}
