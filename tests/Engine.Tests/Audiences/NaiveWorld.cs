using System.Text;
using System.Text.Json;
using Tributary.Engine.Identity;
using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Log;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Tributary.Model;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>
/// Everything that was accepted so far, read from the event log, and whom it belongs to now. Of the state it takes only which identifiers make up a profile.
/// </summary>
internal sealed class NaiveWorld(River river, Story story)
{
    private readonly List<Fact> _facts = [];
    private LogOffset _read = LogOffset.Zero;

    /// <summary>How many ticks it takes until what people do has reached everybody: there and back for each account on the longest way of reading.</summary>
    public int Levels { get; } = 1 + (2 * AccountsOnTheWay(story));

    /// <summary>Compares what is kept with what a full computation gives; null when it is the same.</summary>
    /// <param name="onlyPeople">Only people, and of their definitions those that have nothing to do with accounts.</param>
    /// <param name="lake">What the lake says, by the index of the definition: it must be the same as well. Definitions that it is not asked of are left out.</param>
    public string? Compare(bool onlyPeople, IReadOnlyDictionary<int, LakeAnswers>? lake = null)
    {
        ReadOn();
        var profiles = river.Profiles().ToList();
        var members = profiles.ToDictionary(profile => profile.Id, MembersOf);
        var snapshot = new Snapshot(this, profiles, members);
        foreach (var profile in profiles)
        {
            var isAccount = profile.Collection == ProfileCollection.Accounts;
            if (onlyPeople && isAccount) continue;
            for (var i = 0; i < story.Definitions.Count; i++)
            {
                if (story.Definitions[i].Scope == DefinitionScope.Accounts != isAccount || (onlyPeople && !IsOfPeopleAlone(i))) continue;
                var kept = profile.Results?.GetValueOrDefault(story.Numbers[i]).Json;
                // Nobody is told to be out who never was in, and what a trait is for nobody is not kept either.
                kept ??= story.Definitions[i].Kind == DefinitionKind.Audience ? "false"u8.ToArray() : IsCounted(profile, i) ? OfNobody(i) : null;
                var (known, computed) = (TextOf(kept), TextOf(snapshot.Answer(profile.Id, i)));
                if (known != computed) return $"c{i} of {string.Join(' ', profile.Nodes)} is kept as {known}, but {computed} at {river.Now}: {story.Definitions[i]}";
                if (lake is null || !lake.TryGetValue(i, out var said)) continue;
                if (!said.Answers.TryGetValue(profile.Id, out var asked)) return $"The lake does not know {string.Join(' ', profile.Nodes)}.";
                if (TextOf(asked) != computed) return $"c{i} of {string.Join(' ', profile.Nodes)} is {TextOf(asked)} in the lake, but {computed} at {river.Now}: {story.Definitions[i]}";
            }
        }

        return null;
    }

    /// <summary>Whether a definition is about people and reads nothing that is about accounts.</summary>
    public bool IsOfPeopleAlone(int index) => !ReadsAccounts(story, index);

    private bool IsCounted(Profile profile, int index) =>
        profile.Collection == ProfileCollection.Accounts || story.Filters[index].IsEmpty || profile.Nodes.Exists(node => story.Filters[index].Contains(node.Type));

    private byte[]? OfNobody(int index) => new NaiveEvaluator(story.Definitions[index], new NaiveProfile("nobody", [], [], name =>
    {
        var read = IndexOf(name);
        if (read < 0 || read >= story.Definitions.Count) return null;
        if (story.Definitions[read].Scope == story.Definitions[index].Scope && CountsAllOf(read, index)) return OfNobody(read);
        return story.Definitions[read].Kind == DefinitionKind.Audience ? "false"u8.ToArray() : null;
    }), river.Now).Answer();

    // Of those whom the other does not count nothing is known that would be the same for all.
    private bool CountsAllOf(int read, int index) =>
        story.Definitions[read].Scope == DefinitionScope.Accounts || story.Filters[read].IsEmpty || (!story.Filters[index].IsEmpty && story.Filters[index].All(story.Filters[read].Contains));

    private static string TextOf(byte[]? json) => json is null ? "null" : Encoding.UTF8.GetString(json);

    private void ReadOn()
    {
        var batch = new LogBatch();
        for (; river.Decided.Read(_read, batch); _read = batch.Next)
        {
            foreach (var record in batch)
            {
                var decided = DecidedRecord.View(record.Payload.ToArray());
                if (decided.Kind == DecidedKind.Event) _facts.Add(Fact.Of(decided));
            }
        }
    }

    private static HashSet<string> MembersOf(Profile profile) => [.. profile.Nodes.Select(node => node.ToString())];

    private static int AccountsOnTheWay(Story story)
    {
        var levels = new int[story.Definitions.Count];
        for (var i = 0; i < levels.Length; i++)
            levels[i] = (story.Definitions[i].Scope == DefinitionScope.Accounts ? 1 : 0) + Read(story, i).Select(read => levels[read]).DefaultIfEmpty().Max();
        return levels.DefaultIfEmpty().Max();
    }

    private static bool ReadsAccounts(Story story, int index) =>
        story.Definitions[index].Scope == DefinitionScope.Accounts || Read(story, index).Any(read => ReadsAccounts(story, read));

    private static IEnumerable<int> Read(Story story, int index) =>
        DefinitionReferences.Traits(story.Definitions[index]).Select(IndexOf).Where(read => read >= 0 && read < story.Definitions.Count);

    private static int IndexOf(string key) => key.Length > 1 && key[0] == 'c' && int.TryParse(key.AsSpan(1), out var index) ? index : -1;

    /// <summary>An accepted event and the strongest identifiers that it carried.</summary>
    private sealed record Fact(EventType Type, Instant At, uint SourceNumber, string MessageId, string? Person, string? Account, NaiveEvent? Event, Dictionary<string, byte[]?> Traits)
    {
        public static Fact Of(DecidedRecord decided)
        {
            using var payload = JsonDocument.Parse(decided.Payload);
            var root = payload.RootElement;
            var identifiers = decided.ReadIdentifiers();
            var id = Encoding.UTF8.GetString(decided.MessageId.Span);
            var at = new Instant(decided.Timestamp, decided.ReceivedAt, Instant.TieOf(decided.MessageId.Span));
            var traits = new Dictionary<string, byte[]?>();
            if (decided.Type is EventType.Identify or EventType.Group && root.TryGetProperty("traits", out var given))
                foreach (var trait in given.EnumerateObject()) traits[trait.Name] = trait.Value.ValueKind == JsonValueKind.Null ? null : Encoding.UTF8.GetBytes(trait.Value.GetRawText());
            var isPage = decided.Type is EventType.Page or EventType.Screen;
            var name = decided.Type switch { EventType.Page => "Page Viewed", EventType.Screen => "Screen Viewed", EventType.Track => root.GetProperty("event").GetString(), _ => null };
            var source = decided.Source == River.Website ? "website" : "helpdesk";
            var read = name is null ? null : new NaiveEvent(at, source, name, Raw(root, "properties"), Raw(root, "context"), isPage ? root.GetProperty("name").GetString() : null);
            return new Fact(decided.Type, at, decided.Source, id, Strongest(identifiers, ProfileCollection.Users), Strongest(identifiers, ProfileCollection.Accounts), read, traits);
        }

        private static byte[] Raw(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? Encoding.UTF8.GetBytes(value.GetRawText()) : [];

        private static string? Strongest(IReadOnlyList<Identifier> identifiers, ProfileCollection collection)
        {
            foreach (var identifier in identifiers)
                if (identifier.Collection == collection) return $"{identifier.Type}:{identifier.Value}";
            return null;
        }
    }

    /// <summary>Everybody as they are at one moment. What is asked twice is computed once.</summary>
    private sealed class Snapshot(NaiveWorld world, List<Profile> profiles, Dictionary<ProfileId, HashSet<string>> members)
    {
        private readonly Dictionary<(ProfileId, int), byte[]?> _answers = [];
        private readonly Dictionary<ProfileId, NaiveProfile> _known = [];

        public byte[]? Answer(ProfileId id, int index)
        {
            if (_answers.TryGetValue((id, index), out var known)) return known;
            var isCounted = world.IsCounted(profiles.Find(each => each.Id == id)!, index);
            var uncounted = world.Definitions[index].Kind == DefinitionKind.Audience ? "false"u8.ToArray() : null;
            return _answers[(id, index)] = isCounted ? new NaiveEvaluator(world.Definitions[index], Know(id), world.Now).Answer() : uncounted;
        }

        private NaiveProfile Know(ProfileId id)
        {
            if (_known.TryGetValue(id, out var known)) return known;
            var profile = profiles.Find(each => each.Id == id)!;
            var isAccount = profile.Collection == ProfileCollection.Accounts;
            var people = isAccount ? Others(fact => fact.Account, id, fact => fact.Person).Select(Know).ToList() : [];
            var events = isAccount ? [] : world.Facts.Where(fact => fact.Event is not null && IsOf(fact.Person, id)).Select(fact => fact.Event!).ToList();
            return _known[id] = new NaiveProfile(profile.ToString(), events, people, name => TraitOf(profile, isAccount, name));
        }

        private byte[]? TraitOf(Profile profile, bool isAccount, string name)
        {
            var index = IndexOf(name);
            if (index < 0 || index >= world.Definitions.Count) return Sent(profile.Id, isAccount, name);
            var definition = world.Definitions[index];
            if (definition.Scope == DefinitionScope.Accounts == isAccount) return Answer(profile.Id, index);
            if (definition.Kind == DefinitionKind.Trait) return null;
            // A person knows whether one of the accounts is in; an account knows nothing of audiences of people.
            var isIn = !isAccount && Others(fact => fact.Person, profile.Id, fact => fact.Account).Any(account => Answer(account, index) is [(byte)'t', ..]);
            return isIn ? "true"u8.ToArray() : "false"u8.ToArray();
        }

        // The last word of an identify, or of an account's group call.
        private byte[]? Sent(ProfileId id, bool isAccount, string name) => world.Facts
            .Where(fact => fact.Traits.ContainsKey(name) && (isAccount ? fact.Type == EventType.Group && IsOf(fact.Account, id) : fact.Type == EventType.Identify && IsOf(fact.Person, id)))
            .OrderBy(fact => fact.At.Timestamp).ThenBy(fact => fact.At.ReceivedAt).ThenBy(fact => fact.MessageId, StringComparer.Ordinal).ThenBy(fact => fact.SourceNumber)
            .Select(fact => fact.Traits[name]).LastOrDefault();

        // Who is on the other side of group calls.
        private List<ProfileId> Others(Func<Fact, string?> side, ProfileId id, Func<Fact, string?> other)
        {
            var names = world.Facts.Where(fact => fact.Type == EventType.Group && IsOf(side(fact), id)).Select(other).OfType<string>().ToHashSet();
            return [.. profiles.Where(profile => members[profile.Id].Overlaps(names)).Select(profile => profile.Id)];
        }

        private bool IsOf(string? identifier, ProfileId id) => identifier is not null && members[id].Contains(identifier);
    }

    private IReadOnlyList<Fact> Facts => _facts;

    private IReadOnlyList<Definition> Definitions => story.Definitions;

    private long Now => river.Now;
}
