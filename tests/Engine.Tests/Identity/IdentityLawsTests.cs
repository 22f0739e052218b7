using CsCheck;
using Tributary.Engine.Identity;
using Tributary.Engine.Processing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Identity;

public sealed class IdentityLawsTests
{
    private static readonly IdentitySettings Unlimited = IdentitySettings.Default with
    {
        Identifiers = [.. IdentitySettings.Default.Identifiers.Select(rule => rule with { Limit = 1000 })],
    };

    private static readonly Gen<Sent> AnEvent = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 20], (user, anonymous, email, plan, time) =>
        new Sent(user < 4 ? $"u{user}" : null, anonymous < 5 ? $"a{anonymous}" : null, email < 2 ? $"e{email}" : null, plan < 2 ? $"p{plan}" : null, time));

    [Fact]
    public void The_order_of_arrival_does_not_change_the_final_profiles() =>
        Gen.Select(AnEvent.Array[1, 14], Gen.Int[0, 1_000_000]).Sample((events, seed) =>
        {
            var numbered = events.Select((sent, i) => (sent, id: $"m{i}")).ToArray();
            using var one = Play(numbered);
            var shuffled = numbered.ToArray();
            new Random(seed).Shuffle(shuffled);
            using var other = Play(shuffled);
            Assert.Equal(Picture(one, withIds: false), Picture(other, withIds: false));
        }, iter: 40);

    [Fact]
    public void Merging_and_then_splitting_is_identity() =>
        Gen.Select(AnEvent.Array[2, 12], Gen.Int[0, 1000], Gen.Int[0, 1000]).Sample((events, first, second) =>
        {
            using var river = Play([.. events.Select((sent, i) => (sent, $"m{i}"))]);
            var profiles = river.Profiles().ToList();
            if (profiles.Count < 2) return;
            var a = profiles[first % profiles.Count];
            var b = profiles[second % profiles.Count];
            if (a.Id == b.Id) return;
            var before = Picture(river, withIds: true);

            Assert.Null(river.Merge(a.Nodes[0].ToString(), b.Nodes[0].ToString()).Error);
            Assert.Equal(river.Find(a.Nodes[0].ToString())!.Id, river.Find(b.Nodes[0].ToString())!.Id);
            var split = river.Split(a.Nodes[0].ToString(), [.. b.Nodes.Select(node => node.ToString())]);

            Assert.Null(split.Error);
            Assert.Equal(before, Picture(river, withIds: true));
        }, iter: 40);

    [Fact]
    public void A_replay_gives_the_same_state_byte_for_byte() =>
        Gen.Select(AnEvent.Array[1, 20], Gen.Int[0, 1000]).Sample((events, seed) =>
        {
            var random = new Random(seed);
            using var river = new River();
            foreach (var (sent, i) in events.Select((sent, i) => (sent, i)))
            {
                Send(river, sent, $"m{random.Next(15)}");
                if (random.Next(4) == 0) river.Run();
                if (random.Next(5) == 0) river.At(i * 0.3);
                if (random.Next(6) == 0) river.Discard(DiscardReason.EventNotDefined, $"m{i}");
                if (random.Next(6) == 0) river.Merge("user_id:u0", "user_id:u1");
                if (random.Next(6) == 0) river.Split("user_id:u0", "user_id:u0");
            }

            river.Run();
            var verification = new ReplayVerification(river.Received, river.Decided, river.Store, new ProcessingOptions(), TimeProvider.System);
            Assert.Null(verification.Run(null, CancellationToken.None));
        }, iter: 25);

    [Fact]
    public void Every_event_belongs_to_one_profile_at_most() =>
        AnEvent.Array[1, 20].Sample(events =>
        {
            using var river = Play([.. events.Select((sent, i) => (sent, $"m{i}"))], IdentitySettings.Default);
            var offsets = river.Store.Scan(Table.Timeline, [0], [0xFF]).Select(row => StateKeys.ReadTimeline(row.Key).Offset).ToList();
            Assert.Equal(offsets.Count, offsets.Distinct().Count());
            Assert.Equal(offsets.Count, river.Profiles().Sum(ProfileView.EventCount));
            var owned = river.Profiles().SelectMany(profile => profile.Nodes).Select(node => node.ToString()).ToList();
            Assert.Equal(owned.Count, owned.Distinct().Count());
        }, iter: 40);

    [Fact]
    public void An_encoded_profile_reads_back_and_encodes_to_the_same_bytes() =>
        AnEvent.Array[1, 20].Sample(events =>
        {
            using var river = Play([.. events.Select((sent, i) => (sent, $"m{i}"))]);
            foreach (var (_, value) in river.Store.Scan(Table.Profiles, [0], [0xFF]))
                Assert.Equal(value, ProfileCodec.Encode(ProfileCodec.Decode(value)));
        }, iter: 20);

    private static River Play((Sent Sent, string Id)[] events, IdentitySettings? identity = null)
    {
        var river = new River(identity ?? Unlimited);
        foreach (var (sent, id) in events) Send(river, sent, id);
        return river.Run();
    }

    private static void Send(River river, Sent sent, string id)
    {
        var traits = string.Join(',', new[] { sent.Email is null ? null : $"\"email\":\"{sent.Email}\"", sent.Plan is null ? null : $"\"plan\":\"{sent.Plan}\"" }.OfType<string>());
        // The time of receipt is a part of the event, not of its place in the log.
        river.SendAt(EventType.Identify, sent.User, sent.Anonymous, $"{{{traits}}}", id, sent.Time);
    }

    private static List<string> Picture(River river, bool withIds) => [.. river.Profiles()
        .Select(profile =>
            (withIds ? profile.Id + " " : "") + string.Join(' ', profile.Nodes.Select(node => node.ToString()).Order(StringComparer.Ordinal))
            + " | " + string.Join(' ', ProfileView.Traits(profile).Select(pair => $"{pair.Key}={System.Text.Encoding.UTF8.GetString(pair.Value.Json!)}@{pair.Value.Stamp.MessageId}"))
            + " | " + ProfileView.EventCount(profile) + " " + ProfileView.First(profile)?.MessageId + " " + ProfileView.Last(profile)?.MessageId
            + " | " + string.Join(' ', profile.Links.Select(link => $"{string.Join('-', new[] { link.A.ToString(), link.B.ToString() }.Order(StringComparer.Ordinal))}:{link.Evidence.MessageId}*{link.Count}").Order(StringComparer.Ordinal)))
        .Order(StringComparer.Ordinal)];

    private sealed record Sent(string? User, string? Anonymous, string? Email, string? Plan, int Time);
}
