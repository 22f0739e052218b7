using System.Text.Json;
using Tributary.Destinations.Actions;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Actions;

public sealed class ActionOutcomesTests
{
    [Theory]
    [InlineData("""{"name":"PayloadValidationError","message":"no","code":"PAYLOAD_VALIDATION_FAILED","status":400}""", "Refused (payload_validation_failed)")]
    [InlineData("""{"name":"InvalidAuthenticationError","code":"INVALID_AUTHENTICATION","status":401}""", "CredentialsRejected (invalid_authentication)")]
    [InlineData("""{"name":"IntegrationError","code":"Missing required fields","status":400}""", "Refused (missing_required_fields)")]
    [InlineData("""{"name":"IntegrationError","code":"NotImplemented","status":501}""", "Refused (http_501)")]
    [InlineData("""{"name":"APIError","code":"429","status":429}""", "RetryLater (http_429)")]
    [InlineData("""{"name":"RetryableError","code":"RETRYABLE_ERROR","status":500}""", "RetryLater (retryable_error)")]
    [InlineData("""{"name":"SelfTimeoutError","code":"SELF_TIMEOUT","status":408}""", "RetryLater (self_timeout)")]
    [InlineData("""{"name":"HTTPError","message":"Not Found","status":404}""", "Refused (http_404)")]
    [InlineData("""{"name":"HTTPError","status":529}""", "RetryLater (http_529)")]
    [InlineData("""{"name":"FetchError","code":"ENOTFOUND"}""", "RetryLater (name_not_resolved)")]
    [InlineData("""{"name":"TimeoutError","code":"ETIMEDOUT"}""", "RetryLater (timeout)")]
    [InlineData("""{"name":"FetchError","code":"EGRESS_REFUSED"}""", "Refused (egress_refused)")]
    [InlineData("""{"name":"TypeError","message":"x is not a function"}""", "RetryLater (action_failed)")]
    [InlineData("""{}""", "RetryLater (action_failed)")]
    [InlineData("""null""", "RetryLater (action_failed)")]
    public void What_an_action_throws_says_who_must_act(string error, string outcome) => Assert.Equal(outcome, ActionOutcomes.OfError(Parse(error), 1, null).ToString());

    [Theory]
    [InlineData("""{"status":200}""", "Delivered")]
    [InlineData("""{"status":400,"errortype":"PAYLOAD_VALIDATION_FAILED"}""", "Refused (payload_validation_failed)")]
    [InlineData("""{"status":429,"errortype":"TOO_MANY_REQUESTS"}""", "RetryLater (http_429)")]
    [InlineData("""{"status":529,"errortype":"SITE_IS_OVERLOADED"}""", "RetryLater (http_529)")]
    [InlineData("""{"status":401,"errortype":"UNAUTHORIZED"}""", "CredentialsRejected (http_401)")]
    [InlineData("""{"errormessage":"no status"}""", "RetryLater (http_500)")]
    public void What_a_batch_answers_for_an_event_says_who_must_act(string node, string outcome) => Assert.Equal(outcome, ActionOutcomes.OfStatus(Parse(node), null).ToString());

    [Fact]
    public void A_bug_of_an_action_is_not_tried_for_ever()
    {
        var bug = Parse("""{"name":"TypeError","message":"x"}""");
        Assert.Equal(DeliveryVerdict.RetryLater, ActionOutcomes.OfError(bug, ActionOutcomes.BugAttemptsMax - 1, null).Verdict);
        Assert.Equal(DeliveryVerdict.Refused, ActionOutcomes.OfError(bug, ActionOutcomes.BugAttemptsMax, null).Verdict);
    }

    [Fact]
    public void A_wait_is_passed_on_only_with_what_is_tried_again()
    {
        var wait = TimeSpan.FromSeconds(3);
        Assert.Equal(wait, ActionOutcomes.OfStatus(Parse("""{"status":503}"""), wait).After);
        Assert.Null(ActionOutcomes.OfStatus(Parse("""{"status":400}"""), wait).After);
    }

    [Fact]
    public void Deaths_are_counted_by_destination_and_event_and_the_count_can_be_cleared()
    {
        var deaths = new WorkerDeaths();
        Assert.False(deaths.IsSuspect("a", new LogOffset(1)));
        Assert.Equal("worker_lost", deaths.Count("a", new LogOffset(1), null).Reason);
        Assert.True(deaths.IsSuspect("a", new LogOffset(1)));
        Assert.False(deaths.IsSuspect("b", new LogOffset(1)));
        Assert.False(deaths.IsSuspect("a", new LogOffset(2)));
        deaths.Clear("a", new LogOffset(1));
        Assert.False(deaths.IsSuspect("a", new LogOffset(1)));
        for (var i = 1; i < WorkerDeaths.DeathsMax; i++) Assert.Equal(DeliveryVerdict.RetryLater, deaths.Count("a", new LogOffset(1), null).Verdict);
        Assert.Equal("kills_worker", deaths.Count("a", new LogOffset(1), null).Reason);
    }

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;
}
