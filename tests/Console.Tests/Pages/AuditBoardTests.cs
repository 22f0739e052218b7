using System.Text.Json.Nodes;
using Tributary.Console.Access;
using Tributary.Console.Settings;
using Tributary.Console.Tests.Kit;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Pages;

public sealed class AuditBoardTests
{
    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_and_hide_what_only_administrators_may_read()
    {
        await using var server = await ConsoleServer.StartAsync();
        await server.AddMemberAsync("vera@example.com", "Vera", MemberRole.Viewer);
        var space = server.Workspace.Current.Spaces[0];
        for (var at = 0; at < 2 * AuditBoard.LinesMax; at++)
        {
            var name = $"Space {at}";
            await server.Workspace.ChangeAsync(at % 2 == 0 ? "ada" : "ben", _ => ResourceKind.Put(space with { Name = name }), CancellationToken.None);
        }

        var board = new AuditBoard(server.Workspace);
        var seen = new List<long>();
        long? before = null;
        do
        {
            var view = board.Find(new AuditFilter { Before = before }, isAdministrator: true);
            Assert.InRange(view.Entries.Sum(entry => entry.Items.Length), 1, AuditBoard.LinesMax);
            seen.AddRange(view.Entries.Select(entry => entry.Revision));
            before = view.Older;
        }
        while (before is not null);

        Assert.Equal(server.Workspace.Current.Audit.Select(entry => entry.Revision), seen);
        Assert.Equal(AuditBoard.LinesMax, board.Find(new AuditFilter { Author = "ben" }, false).Entries.Count);
        Assert.Null(board.Find(new AuditFilter { Author = "ben" }, false).Older);
        Assert.Equal(["ada", "ben", ConsoleServer.OwnerEmail, "system", "vera@example.com"], board.Authors);
        Assert.Empty(board.Find(new AuditFilter { Kind = ResourceKind.Member }, isAdministrator: false).Entries);
        Assert.NotEmpty(board.Find(new AuditFilter { Kind = ResourceKind.Member }, isAdministrator: true).Entries);
        Assert.Equal("Space 7", Assert.Single(board.Find(new AuditFilter { Search = "space 7 ".Trim(), Kind = ResourceKind.Space, Author = "ben" }, false).Entries, entry => entry.Items[0].Name == "Space 7").Items[0].Name);
        Assert.Equal("system", board.CreationOf(ResourceKind.Space, space.Id)?.Author);
        Assert.Null(board.CreationOf(ResourceKind.Space, "nowhere"));
    }

    [Theory]
    [InlineData("source", "name", "\"Shop\"", "Shop")]
    [InlineData("source", "settings.rateLimit", "250", "250")]
    [InlineData("source", "enabled", "true", "true")]
    [InlineData("destination", "settings.url", "\"https://example.com/u/ada%40example.com\"", "https://example.com/" + PiiMask.Hidden)]
    [InlineData("subscription", "settings.to", "\"ada@example.com\"", PiiMask.Hidden)]
    [InlineData("space", "identity.identifiers[email].blocked", "[{\"exact\":\"person-4711\"}]", PiiMask.Hidden)]
    [InlineData("space", "identity.identifiers[phone]", "{\"type\":\"phone\",\"blocked\":[{\"exact\":\"person-4711\"}]}", PiiMask.Hidden)]
    [InlineData("saved-query", "sql", "\"SELECT * FROM x WHERE user_id = 'person-4711'\"", PiiMask.Hidden)]
    [InlineData("sql-trait", "query", "\"SELECT 'person-4711'\"", PiiMask.Hidden)]
    public void What_identifies_people_is_hidden_from_those_who_may_not_see_it(string kind, string field, string value, string masked)
    {
        var node = JsonNode.Parse(value);

        Assert.Equal(masked, AuditText.ValueOf(kind, field, node, maySeePeople: false));
        Assert.DoesNotContain(PiiMask.Hidden, AuditText.ValueOf(kind, field, node, maySeePeople: true), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_are_written_so_that_lines_can_break() => Assert.Equal(
        """{"type": "é<b>", "keys": ["a", 1, null], "none": {}}""",
        AuditText.ValueOf(ResourceKind.Space, "identity", JsonNode.Parse("""{"type":"é<b>","keys":["a",1,null],"none":{}}"""), maySeePeople: true));
}
