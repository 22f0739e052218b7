using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Tests.TestKit;
using Xunit;

namespace Tributary.Engine.Tests.Processing;

/// <summary>What a replay gives is compared record by record, wherever the files that they lie in begin and end.</summary>
public sealed class ReplayVerificationTests
{
    [Theory]
    [InlineData(64 << 10)]
    [InlineData(128 << 20)]
    public void A_log_is_what_a_replay_gives_wherever_its_files_end(long segmentBytes)
    {
        using var river = Filled('a');
        Assert.True(Directory.GetFiles(Path.Combine(river.Folder, "decided")).Length > 1);

        Assert.Null(Verify(river, river, segmentBytes));
    }

    [Fact]
    public void One_byte_that_is_another_is_found()
    {
        using var river = Filled('a');
        using var other = Filled('b');

        Assert.Contains("The event log differs", Verify(river, other, 64 << 10), StringComparison.Ordinal);
    }

    private static string? Verify(River river, River decided, long segmentBytes) =>
        new ReplayVerification(river.Received, decided.Decided, river.Store, new ProcessingOptions { CommitEveryMs = 0 }, TimeProvider.System) { Decided = new SegmentLogOptions { SegmentBytes = segmentBytes } }
            .Run(null, TestContext.Current.CancellationToken);

    // The state knows nothing of properties, so only the event log tells two such rivers apart.
    private static River Filled(char last)
    {
        var river = new River();
        var filler = new string('x', 3_000);
        for (var i = 0; i < 1_000; i++)
        {
            river.Track(user: $"u{i % 7}", messageId: $"m{i}", extra: $$"""
                "properties":{"filler":"{{filler}}{{(i == 999 ? last : 'y')}}"}
                """);
            if (i % 50 == 49) river.Run();
        }

        return river;
    }
}
