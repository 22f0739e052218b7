using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing.Computing;

/// <summary>Who belongs to an account, and to which accounts somebody belongs. Members that the store does not hold yet are kept beside it.</summary>
internal sealed class AccountPeople(IStateStore store, ProfileGraph graph)
{
    private Dictionary<(ushort Space, ulong Account), List<Node>> _added = [];
    private Dictionary<(ushort Space, ulong Account), List<Node>> _writing = [];

    /// <summary>Adds a person's identifier to an account's.</summary>
    public void Add(ushort space, Node account, Node person)
    {
        if (!_added.TryGetValue((space, account.Number), out var people)) _added[(space, account.Number)] = people = [];
        people.Add(person);
    }

    /// <summary>The people of an account, by age.</summary>
    public IReadOnlyList<Profile> PeopleOf(Profile account)
    {
        var people = new SortedDictionary<ProfileId, Profile>();
        foreach (var node in account.Nodes)
        {
            var from = StateKeys.Member(account.Space, node.Number, 0);
            var to = StateKeys.Member(account.Space, node.Number, ulong.MaxValue);
            foreach (var (_, key) in store.Scan(Table.Members, from, to)) Take(key);
            foreach (var pending in new[] { _added, _writing })
                foreach (var person in pending.GetValueOrDefault((account.Space, node.Number)) ?? []) Take(person.Key);
        }

        return [.. people.Values];

        void Take(byte[] key)
        {
            if (graph.FindOwner(key) is { } person) people[person.Id] = person;
        }
    }

    /// <summary>The accounts of a person, by age.</summary>
    public IReadOnlyList<Profile> AccountsOf(Profile person)
    {
        SortedDictionary<ProfileId, Profile>? accounts = null;
        foreach (var node in person.Nodes)
        {
            foreach (var (key, _) in node.Fragment.Accounts ?? [])
                if (graph.FindOwner(key) is { } account) (accounts ??= [])[account.Id] = account;
        }

        return accounts is null ? [] : [.. accounts.Values];
    }

    /// <summary>Writes what was added.</summary>
    public void Write(IStateDraft draft)
    {
        foreach (var ((space, account), people) in _added)
            foreach (var person in people) draft.Put(Table.Members, StateKeys.Member(space, account, person.Number), person.Key);
        (_added, _writing) = (_writing, _added);
    }

    /// <summary>What was written is in the store.</summary>
    public void Committed() => _writing.Clear();

    /// <summary>Forgets what is not committed.</summary>
    public void Abandon()
    {
        _added.Clear();
        _writing.Clear();
    }
}
