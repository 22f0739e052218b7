using Tributary.Engine.Delivery;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

public sealed class SegmentCodesTests
{
    [Theory]
    [InlineData("http_400", "400")]
    [InlineData("http_503", "503")]
    [InlineData("http_", "http_")]
    [InlineData("http_version", "http_version")]
    [InlineData("name_not_resolved", "ENOTFOUND")]
    [InlineData("connection_failed", "ECONNREFUSED")]
    [InlineData("network", "ECONNRESET")]
    [InlineData("timeout", "ETIMEDOUT")]
    [InlineData("message_rejected", "MESSAGE_REJECTED")]
    [InlineData("unsupported_event_type", "UNSUPPORTED_EVENT_TYPE")]
    [InlineData("filtered_by_rules", "FILTERED_BY_RULES")]
    [InlineData("unknown_integration", "UNKNOWN_INTEGRATION")]
    [InlineData("filtered_by_end_user_consent", "FILTERED_BY_END_USER_CONSENT")]
    [InlineData("no_matching_mapping", "NO_MATCHING_MAPPING")]
    [InlineData("retries_exhausted", "retries_exhausted")]
    [InlineData("destination_disabled", "destination_disabled")]
    public void Reasons_have_the_names_that_segment_gives_them_and_otherwise_ours(string reason, string code) => Assert.Equal(code, SegmentCodes.Of(reason));
}
