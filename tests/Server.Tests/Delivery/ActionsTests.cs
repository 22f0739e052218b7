using System.Diagnostics;
using System.Globalization;
using System.Net;
using Tributary.Destinations.Actions;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

public sealed class ActionsTests
{
    private const string Webhook = """{"url":"https://hook.example/in","method":"POST","data":{"who":{"@path":"$.userId"},"what":{"@path":"$.event"}},"enable_batching":false}""";
    private const string Track = """{"type":"track","messageId":"m1","userId":"ada","event":"Order Completed","timestamp":"2026-01-02T03:04:05.000Z","properties":{"total":12.5}}""";

    [Fact]
    public async Task An_action_sends_what_its_mapping_makes_of_an_event()
    {
        await using var rig = new ActionsRig();
        using var sender = rig.Open("actions-webhook", "send", Webhook, """{"sharedSecret":"s3cret"}""");
        var trace = new WireTrace(keepsSuccess: true);
        Assert.Equal(DeliveryOutcome.Delivered, await ActionsRig.SendAsync(sender, Track, trace: trace));
        var request = Assert.Single(rig.Requests);
        Assert.Equal(("POST", "https://hook.example/in", """{"who":"ada","what":"Order Completed"}"""), (request.Method, request.Url.AbsoluteUri, request.Body));
        Assert.Equal("Segment (Actions)", request.Headers["user-agent"]);
        Assert.Equal("application/json", request.Headers["content-type"]);
        Assert.Equal(40, request.Headers["x-signature"].Length);
        Assert.Equal(200, Assert.Single(trace.Exchanges).Status);
    }

    [Theory]
    [InlineData(400, DeliveryVerdict.Refused, "http_400")]
    [InlineData(401, DeliveryVerdict.CredentialsRejected, "http_401")]
    [InlineData(403, DeliveryVerdict.Refused, "http_403")]
    [InlineData(408, DeliveryVerdict.RetryLater, "http_408")]
    [InlineData(423, DeliveryVerdict.RetryLater, "http_423")]
    [InlineData(429, DeliveryVerdict.RetryLater, "http_429")]
    [InlineData(500, DeliveryVerdict.RetryLater, "http_500")]
    [InlineData(501, DeliveryVerdict.Refused, "http_501")]
    [InlineData(503, DeliveryVerdict.RetryLater, "http_503")]
    public async Task The_status_of_an_answer_decides_what_happens_next(int status, DeliveryVerdict verdict, string reason)
    {
        await using var rig = new ActionsRig(_ => ActionsRig.Json("""{"why":"because"}""", status));
        using var sender = rig.Open("actions-webhook", "send", Webhook);
        var outcome = await ActionsRig.SendAsync(sender, Track);
        Assert.Equal((verdict, reason), (outcome.Verdict, outcome.Reason));
        Assert.Contains("because", outcome.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_that_the_destination_asks_for_is_passed_on()
    {
        await using var rig = new ActionsRig(_ =>
        {
            var response = ActionsRig.Json("{}", 429);
            response.Headers.TryAddWithoutValidation("Retry-After", "17");
            return response;
        });
        using var sender = rig.Open("actions-webhook", "send", Webhook);
        Assert.Equal(TimeSpan.FromSeconds(17), (await ActionsRig.SendAsync(sender, Track)).After);
    }

    [Fact]
    public async Task A_network_that_fails_is_tried_again_and_a_forbidden_address_is_not()
    {
        await using var down = new ActionsRig(_ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"));
        using var sender = down.Open("actions-webhook", "send", Webhook);
        var outcome = await ActionsRig.SendAsync(sender, Track);
        Assert.Equal((DeliveryVerdict.RetryLater, "connection_failed"), (outcome.Verdict, outcome.Reason));
        await using var closed = new ActionsRig(_ => throw new HttpRequestException("refused", new Destinations.Http.EgressRefusedException("hook.example")));
        using var other = closed.Open("actions-webhook", "send", Webhook);
        outcome = await ActionsRig.SendAsync(other, Track);
        Assert.Equal((DeliveryVerdict.Refused, "egress_refused"), (outcome.Verdict, outcome.Reason));
    }

    [Fact]
    public async Task A_payload_that_the_action_does_not_take_is_refused_without_a_request()
    {
        await using var rig = new ActionsRig();
        using var sender = rig.Open("actions-webhook", "send", """{"method":"POST","data":{"@path":"$."}}""");
        var outcome = await ActionsRig.SendAsync(sender, Track);
        Assert.Equal((DeliveryVerdict.Refused, "payload_validation_failed"), (outcome.Verdict, outcome.Reason));
        Assert.Contains("url", outcome.Detail, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(rig.Requests);
    }

    [Fact]
    public async Task Batches_are_split_by_their_keys_and_each_event_has_its_own_outcome()
    {
        await using var rig = new ActionsRig(request => ActionsRig.Json("{}", request.Url.Host == "b.example" ? 500 : 200));
        using var sender = rig.Open("actions-webhook", "send", """{"url":{"@path":"$.properties.to"},"method":"POST","data":{"n":{"@path":"$.properties.n"}},"enable_batching":true,"batch_size":10}""");
        Assert.Equal(10, sender.BatchMax);
        string[] to = ["https://a.example/", "https://b.example/", "https://a.example/", "no address", "https://b.example/"];
        var batch = to.Select((url, i) => ActionsRig.Event($$$"""{"type":"track","event":"e","properties":{"to":"{{{url}}}","n":{{{i}}}}}""", i)).ToList();
        var outcomes = await sender.SendAsync(batch, new WireTrace(), CancellationToken.None);
        Assert.Equal(
            ["Delivered", "RetryLater (http_500)", "Delivered", "Refused (payload_validation_failed)", "RetryLater (http_500)"],
            Enumerable.Range(0, to.Length).Select(i => outcomes[i].ToString()));
        Assert.Equal(["""[{"n":0},{"n":2}]""", """[{"n":1},{"n":4}]"""], rig.Requests.Select(request => request.Body));
    }

    [Fact]
    public async Task A_mapping_with_liquid_gives_the_same_as_the_package()
    {
        await using var rig = new ActionsRig();
        using var sender = rig.Open("actions-webhook", "send", """{"url":"https://hook.example/","method":"POST","data":{"who":{"@liquid":"{{ userId | upcase }}"}},"enable_batching":false}""");
        Assert.Equal(DeliveryOutcome.Delivered, await ActionsRig.SendAsync(sender, Track));
        Assert.Equal("""{"who":"ADA"}""", Assert.Single(rig.Requests).Body);
    }

    [Fact]
    public async Task Redirects_are_followed_and_credentials_stay_with_their_host()
    {
        await using var rig = new ActionsRig(request =>
        {
            if (request.Url.Host != "hook.example") return ActionsRig.Json("{}");
            var response = new HttpResponseMessage(HttpStatusCode.TemporaryRedirect);
            response.Headers.Location = new Uri("https://other.example/there");
            return response;
        });
        using var sender = rig.Open("actions-webhook", "send", """{"url":"https://hook.example/","method":"POST","data":{"a":1},"headers":{"authorization":"Bearer x"},"enable_batching":false}""");
        Assert.Equal(DeliveryOutcome.Delivered, await ActionsRig.SendAsync(sender, Track));
        Assert.Equal(["POST hook.example True", "POST other.example False"], rig.Requests.Select(one => $"{one.Method} {one.Url.Host} {one.Headers.ContainsKey("authorization")}"));
        Assert.Equal("""{"a":1}""", rig.Requests.Last().Body);
    }

    [Fact]
    public async Task Endless_redirects_come_to_an_end()
    {
        await using var rig = new ActionsRig(request =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.Found);
            response.Headers.Location = new Uri(request.Url, "/again");
            return response;
        });
        using var sender = rig.Open("actions-webhook", "send", Webhook);
        Assert.Equal("max_redirect", (await ActionsRig.SendAsync(sender, Track)).Reason);
        Assert.Equal(21, rig.Requests.Count);
    }

    [Fact]
    public async Task An_expired_token_is_refreshed_once_and_told()
    {
        await using var rig = new ActionsRig(request =>
            request.Url.AbsolutePath.Contains("oauth", StringComparison.Ordinal) ? ActionsRig.Json("""{"access_token":"new"}""")
            : request.Headers.GetValueOrDefault("authorization") == "Bearer new" ? ActionsRig.Json("""{"id":"1"}""")
            : ActionsRig.Json("""{"category":"EXPIRED_AUTHENTICATION"}""", 401));
        var told = new List<string>();
        rig.Host.TokensRefreshed = (id, tokens) => told.Add($"{id} {tokens.ToJsonString()}");
        using var sender = rig.Open(
            "actions-hubspot-cloud", "upsertContact", """{"email":{"@path":"$.userId"},"enable_batching":false}""",
            """{"oauth":{"access_token":"old","refresh_token":"r","clientId":"c","clientSecret":"s"}}""");
        const string identify = """{"type":"identify","userId":"ada@example.com"}""";
        Assert.Equal(DeliveryOutcome.Delivered, await ActionsRig.SendAsync(sender, identify));
        Assert.Equal(["""dst_1 {"access_token":"new","refresh_token":"r"}"""], told);
        var before = rig.Requests.Count;
        Assert.Equal(DeliveryOutcome.Delivered, await ActionsRig.SendAsync(sender, identify, 2));
        Assert.Equal(before + 1, rig.Requests.Count);
        Assert.Single(told);
    }

    [Fact]
    public async Task A_token_that_credentials_are_exchanged_for_is_used_for_what_comes_after()
    {
        await using var rig = new ActionsRig(request =>
            request.Url.AbsolutePath.EndsWith("/token", StringComparison.Ordinal) ? ActionsRig.Json("""{"access_token":"new"}""")
            : request.Headers.GetValueOrDefault("authorization") == "Bearer new" ? ActionsRig.Json("{}")
            : ActionsRig.Json("{}", 401));
        var told = new List<string>();
        rig.Host.TokensRefreshed = (id, tokens) => told.Add($"{id} {tokens.ToJsonString()}");
        using var sender = rig.Open(
            "actions-salesforce-marketing-cloud", "contact", """{"contactKey":{"@path":"$.userId"}}""",
            """{"subdomain":"abcdefghijklmnopqrstuvwxyz12","client_id":"c","client_secret":"s","account_id":"1"}""");
        Assert.Equal(DeliveryOutcome.Delivered, await ActionsRig.SendAsync(sender, """{"type":"identify","userId":"ada"}"""));
        Assert.Equal(["""dst_1 {"access_token":"new"}"""], told);
        var before = rig.Requests.Count;
        Assert.Equal(DeliveryOutcome.Delivered, await ActionsRig.SendAsync(sender, """{"type":"identify","userId":"bob"}""", 2));
        Assert.Equal(before + 1, rig.Requests.Count);
    }

    [Theory]
    [InlineData("test")]
    [InlineData("choices")]
    [InlineData("create")]
    [InlineData("find")]
    public async Task Questions_renew_an_expired_token_and_tell_it_unless_it_is_only_tried(string question)
    {
        await using var rig = new ActionsRig(request =>
            request.Url.AbsolutePath.Contains("/oauth", StringComparison.Ordinal) || request.Url.AbsolutePath.EndsWith("/token", StringComparison.Ordinal) ? ActionsRig.Json("""{"access_token":"new"}""")
            : request.Headers.GetValueOrDefault("authorization") != "Bearer new" ? ActionsRig.Json("""{"message":"expired"}""", 401)
            : ActionsRig.Json("""{"audienceId":7,"results":[{"labels":{"plural":"Pets"},"fullyQualifiedName":"p_pets"}]}"""));
        var told = new List<string>();
        rig.Host.TokensRefreshed = (id, tokens) => told.Add($"{id} {tokens["access_token"]}");
        var audience = ActionsRig.Object(
            """{"audienceName":"VIP","externalId":"7","audienceSettings":{"advertiserId":"1","description":"d","externalAudienceId":"e","countryCode":"US"}}""");
        Task<ActionsReply> AskAsync(string destination, bool isTrial)
        {
            var settings = ActionsRig.Object("""{"region":"https://advertising-api.amazon.com","oauth":{"access_token":"old","refresh_token":"r","clientId":"c","clientSecret":"s"}}""");
            if (isTrial) settings["oauth"]!["trial"] = true;
            return question switch
            {
                "test" => rig.Host.TestAuthenticationAsync("actions-amazon-amc", destination, settings, CancellationToken.None),
                "choices" => rig.Host.DynamicFieldAsync("actions-hubspot-cloud", destination, settings, "upsertCustomObjectRecord", "objectType", null, null, CancellationToken.None),
                "create" => rig.Host.CreateAudienceAsync("actions-amazon-amc", destination, settings, audience, CancellationToken.None),
                _ => rig.Host.GetAudienceAsync("actions-amazon-amc", destination, settings, audience, CancellationToken.None),
            };
        }

        var tried = await AskAsync("tried", isTrial: true);
        Assert.Empty(told);
        Assert.True(question == "choices" || !tried.IsOk, tried.ToString());
        var answer = await AskAsync("d", isTrial: false);
        Assert.True(answer.IsOk, answer.ToString());
        Assert.Equal(["d new"], told);
        if (question == "choices") Assert.Contains("p_pets", answer.Value.GetProperty("choices").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_ends_workers_is_given_up_after_three_and_its_neighbours_are_not()
    {
        ActionsRig? rig = null;
        rig = new ActionsRig(request =>
        {
            if (!request.Body.Contains("poison", StringComparison.Ordinal)) return ActionsRig.Json("{}");
            // All of them: which one made the request cannot be told from it, and nothing else is under way.
            foreach (var id in rig!.Pool.ProcessIds) Process.GetProcessById(id).Kill();
            return ActionsRig.Json("{}");
        });
        await using var owned = rig;
        using var sender = rig.Open("actions-webhook", "send", Webhook.Replace("\"enable_batching\":false", "\"enable_batching\":true", StringComparison.Ordinal));
        Model.Delivery[] batch = [ActionsRig.Event("""{"type":"track","userId":"good","event":"e"}""", 1), ActionsRig.Event("""{"type":"track","userId":"poison","event":"e"}""", 2)];
        string[] seen = [.. await Attempt(), .. await Attempt(), .. await Attempt()];
        Assert.Equal(["RetryLater (worker_lost)", "RetryLater (worker_lost)", "Delivered", "RetryLater (worker_lost)", "Delivered", "Refused (kills_worker)"], seen);

        async Task<string[]> Attempt()
        {
            var outcomes = await sender.SendAsync(batch, new WireTrace(), CancellationToken.None);
            return [outcomes[0].ToString(), outcomes[1].ToString()];
        }
    }

    [Fact]
    public async Task What_opens_connections_by_itself_or_belongs_to_Segment_is_not_offered()
    {
        await using var rig = new ActionsRig();
        Assert.Contains(ActionsCatalogue.RawSocketsKey, Fault("actions-kafka", "send"), StringComparison.Ordinal);
        Assert.Contains("Segment's own service", Fault("actions-segment-profiles", "sendIdentify"), StringComparison.Ordinal);
        Assert.Equal(9, rig.Catalogue.Kinds.Count(kind => kind.IsRawSocket));
        Assert.Null(ActionsCatalogue.Load(AppContext.BaseDirectory, "allow").Find("actions-kafka")!.Kind.Unavailable);

        string? Fault(string slug, string action) =>
            rig.Host.Driver(rig.Catalogue.Find(slug)!).Open(new SenderRequest("d", [], new SenderSubscription("s", action, []))).Fault;
    }

    [Fact]
    public async Task Settings_and_mappings_that_are_wrong_say_what_to_change()
    {
        await using var rig = new ActionsRig();
        var driver = rig.Host.Driver(rig.Catalogue.Find("actions-amplitude")!);
        Assert.Contains("settings.apiKey is missing", driver.Open(new SenderRequest("d", [], new SenderSubscription("s", "logEventV2", []))).Fault, StringComparison.Ordinal);
        var settings = ActionsRig.Object("""{"apiKey":"a","secretKey":"b"}""");
        Assert.Contains("no action \"nothing\"", driver.Open(new SenderRequest("d", settings, new SenderSubscription("s", "nothing", []))).Fault, StringComparison.Ordinal);
        var broken = new SenderSubscription("s", "logEventV2", ActionsRig.Object("""{"a":{"@nothing":1}}"""));
        Assert.Contains("mapping", driver.Open(new SenderRequest("d", settings, broken)).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Questions_beside_deliveries_are_answered()
    {
        await using var rig = new ActionsRig(request => ActionsRig.Json("{}", request.Headers.ContainsKey("authorization") && request.Url.Host.Contains("amplitude", StringComparison.Ordinal) ? 401 : 200));
        var settings = ActionsRig.Object("""{"apiKey":"a","secretKey":"b","endpoint":"north_america"}""");
        var test = await rig.Host.TestAuthenticationAsync("actions-amplitude", "d", settings, CancellationToken.None);
        Assert.Equal((false, true), (test.IsOk, test.Message!.Contains("Credentials are invalid: 401", StringComparison.Ordinal)));
        var choices = await rig.Host.DynamicFieldAsync("actions-amplitude", "d", settings, "logEventV2", "nothing", null, null, CancellationToken.None);
        Assert.Equal("404", choices.Value.GetProperty("error").GetProperty("code").GetString());
        var deleted = await rig.Host.OnDeleteAsync("actions-amplitude", "d", settings, "ada", null, CancellationToken.None);
        Assert.Equal("http_401", deleted.Code);
        Assert.Equal("not_supported", (await rig.Host.OnDeleteAsync("actions-webhook", "d", [], "ada", null, CancellationToken.None)).Code);
        Assert.Equal("unknown_destination", (await rig.Host.TestAuthenticationAsync("nothing", "d", [], CancellationToken.None)).Code);
    }

    [Fact]
    public async Task Many_events_at_once_are_all_delivered()
    {
        await using var rig = new ActionsRig();
        using var sender = rig.Open("actions-webhook", "send", Webhook);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => ActionsRig.SendAsync(sender, Track.Replace("ada", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), i)));
        Assert.All(outcomes, outcome => Assert.Equal(DeliveryOutcome.Delivered, outcome));
        Assert.Equal(300, rig.Requests.Select(request => request.Body).Distinct().Count());
    }
}
