namespace BorgRepo.Core.Storage;

/// <summary>How far a long operation is.</summary>
/// <param name="Activity">What is being done, as a short phrase.</param>
/// <param name="DoneBytes">Bytes done.</param>
/// <param name="TotalBytes">Bytes in all.</param>
/// <param name="Detail">What is at hand, for example "segment 17".</param>
public readonly record struct OperationProgress(string Activity, long DoneBytes, long TotalBytes, string Detail);
