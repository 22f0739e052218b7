using Tributary.Engine.Ingest;
using Xunit;

namespace Tributary.Engine.Tests.Ingest;

public sealed class TrackingPathsTests
{
    [Theory]
    [InlineData("//v1/batch", "/v1/batch")]
    [InlineData("/v1//batch", "/v1/batch")]
    [InlineData("/cdp/v1/t", "/v1/t")]
    [InlineData("/a/b/v1/import/", "/v1/import/")]
    [InlineData("//a//v1//pixel//track", "/v1/pixel/track")]
    [InlineData("/cdn/v1/projects/key/settings", "/v1/projects/key/settings")]
    public void Odd_spellings_become_plain(string path, string expected) => Assert.Equal(expected, TrackingPaths.Plain(path)?.TrimEnd('/') + (expected.EndsWith('/') ? "/" : ""));

    [Theory]
    [InlineData("/v1/batch")]
    [InlineData("/v1/batch/")]
    [InlineData("/v1/spaces/default/collections/users/profiles/url:http://x/v1/t")]
    [InlineData("/api/v1/t")]
    [InlineData("/cdp/v1/other")]
    [InlineData("/cdp/v2/t")]
    [InlineData("/")]
    [InlineData("")]
    [InlineData(null)]
    public void Other_paths_are_left_alone(string? path) => Assert.Null(TrackingPaths.Plain(path));
}
