namespace Tributary.Engine.Tests.Simulation;

/// <summary>What one seed lets go wrong. Everything that happens in a world is drawn from the same random numbers, so a seed tells one story.</summary>
internal sealed class Faults(Random random, double chance)
{
    /// <summary>From now on nothing fails any more.</summary>
    public bool AreOver { get; set; }

    /// <summary>How many struck.</summary>
    public int Count { get; private set; }

    /// <summary>A disk that refuses, or a process that ends, before what follows has taken effect.</summary>
    public void Before(string what, double rarity = 1)
    {
        if (!Strikes(rarity)) return;
        throw random.Next(2) == 0 ? new SimulatedCrash(what) : new IOException("Simulated failure before " + what);
    }

    /// <summary>The same after what preceded has taken effect: the caller cannot know.</summary>
    public void After(string what)
    {
        if (!Strikes(1)) return;
        throw random.Next(2) == 0 ? new SimulatedCrash(what) : new IOException("Simulated failure after " + what);
    }

    /// <summary>A process that ends where a mere failure is impossible.</summary>
    public void CrashAfter(string what)
    {
        if (Strikes(1)) throw new SimulatedCrash(what);
    }

    public bool Strikes(double rarity)
    {
        if (AreOver || random.NextDouble() >= chance * rarity) return false;
        Count++;
        return true;
    }
}

/// <summary>The process ends here: whoever holds the world's disk must start anew.</summary>
internal sealed class SimulatedCrash(string where) : IOException("Simulated crash at " + where);
