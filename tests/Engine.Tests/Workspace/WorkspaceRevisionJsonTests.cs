using System.Text.Json.Nodes;
using CsCheck;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Workspace;

public sealed class WorkspaceRevisionJsonTests
{
    private static readonly Gen<ResourceChange> Changes = Gen.Select(Gen.Int[0, 2], Gen.Int[1, 5], Gen.Int[0, 9], (kind, id, value) =>
        kind == 0
            ? new ResourceChange("free", $"id{id}", value == 0 ? null : new JsonObject { ["value"] = value, ["text"] = "ä\"\u2028" })
            : new ResourceChange($"free-{kind}", $"id{id}", value == 0 ? null : new JsonObject { ["value"] = value }));

    [Fact]
    public void A_written_revision_reads_back() => Changes.List[1, 20].Sample(changes =>
    {
        var revision = new WorkspaceRevision(7, "ada", 1_767_225_600_000, [.. changes]);

        var back = WorkspaceRevisionJson.Parse(WorkspaceRevisionJson.Write(revision));

        return WorkspaceRevisionJson.Write(back).SequenceEqual(WorkspaceRevisionJson.Write(revision))
            && WorkspaceFixture.Bytes(WorkspaceSnapshot.Empty.With(back)) == WorkspaceFixture.Bytes(WorkspaceSnapshot.Empty.With(revision));
    });

    [Fact]
    public void Folding_revisions_in_parts_is_folding_them_at_once() => Gen.Select(Changes.List[1, 10], Changes.List[1, 10]).Sample((first, second) =>
    {
        var parts = WorkspaceSnapshot.Empty.With(new(1, "a", 0, [.. first])).With(new(2, "a", 0, [.. second]));
        var restored = WorkspaceSnapshot.Of(1, WorkspaceSnapshot.Empty.With(new(1, "a", 0, [.. first])).Resources).With(new(2, "a", 0, [.. second]));

        return WorkspaceFixture.Bytes(parts) == WorkspaceFixture.Bytes(restored);
    });

    [Fact]
    public void A_key_of_the_store_reads_back()
    {
        Assert.Equal(("source", "a b"), WorkspaceRevisionJson.ParseKey(WorkspaceRevisionJson.Key("source", "a b")));
        Assert.Throws<InvalidDataException>(() => WorkspaceRevisionJson.ParseKey("source"u8));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"number\":1}")]
    [InlineData("{\"number\":")]
    public void Other_bytes_are_no_revision(string payload) =>
        Assert.Throws<InvalidDataException>(() => WorkspaceRevisionJson.Parse(System.Text.Encoding.UTF8.GetBytes(payload)));
}
