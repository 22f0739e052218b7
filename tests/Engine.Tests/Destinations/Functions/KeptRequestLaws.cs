using CsCheck;
using Tributary.Destinations.Functions;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Functions;

public sealed class KeptRequestLaws
{
    private static readonly Gen<KeptRequest> Requests =
        from due in Gen.Long[0, 4_102_444_800_000]
        from source in Gen.UInt
        from id in Gen.Guid
        from attempts in Gen.Int[0, 100]
        from first in Gen.Long[0, 4_102_444_800_000]
        from body in Gen.Byte.Array[0, 200]
        select new KeptRequest(due, source, id, attempts, first, body);

    [Fact]
    public void What_is_written_is_read() => Requests.Sample(request =>
    {
        var read = KeptRequest.Read(request.Key(), request.Value());
        Assert.Equal(request with { Request = [] }, read with { Request = [] }, new SameButBody());
        Assert.Equal(request.Request, read.Request);
    });

    [Fact]
    public void Keys_stand_in_the_order_in_which_requests_are_due() => Gen.Select(Requests, Requests).Sample((one, other) =>
    {
        if (one.DueAt != other.DueAt) Assert.Equal(one.DueAt < other.DueAt, one.Key().AsSpan().SequenceCompareTo(other.Key()) < 0);
        Assert.Equal(one.DueAt <= other.DueAt, one.Key().AsSpan().SequenceCompareTo(KeptRequest.DueBy(other.DueAt)) < 0);
    });

    [Fact]
    public void Pauses_double_from_the_first_and_end_at_the_longest() => Gen.Int[1, 50].Sample(attempts =>
    {
        var options = new FunctionsOptions();
        var pause = SourceRetries.DueAt(options, attempts, 0);
        var (least, most) = (Math.Min(options.PauseMsMax, 60_000 * Math.Pow(2, attempts - 1)), Math.Min(options.PauseMsMax, 180_000 * Math.Pow(2, attempts - 1)));
        Assert.InRange(pause, (long)least, (long)Math.Ceiling(most));
    });

    private sealed class SameButBody : IEqualityComparer<KeptRequest>
    {
        public bool Equals(KeptRequest? one, KeptRequest? other) =>
            (one!.DueAt, one.Source, one.Id, one.Attempts, one.FirstAt) == (other!.DueAt, other.Source, other.Id, other.Attempts, other.FirstAt);

        public int GetHashCode(KeptRequest request) => request.Id.GetHashCode();
    }
}
